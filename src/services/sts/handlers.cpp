#include "services/sts/handlers.hpp"

#include "services/roles.hpp"

namespace clary::services::sts {

namespace {

constexpr std::int64_t role_session_seconds = 3600;       // AssumeRole's default
constexpr std::int64_t token_session_seconds = 12 * 3600;  // GetSessionToken's default

Credentials to_credentials(const auth::Credentials& issued) {
  return {.AccessKeyId = issued.access_key, .SecretAccessKey = issued.secret_key, .SessionToken = issued.session_token, .Expiration = issued.expiration};
}

}  // namespace

Outcome<GetCallerIdentityOutput> get_caller_identity(Context& call, const GetCallerIdentityInput&) {
  return GetCallerIdentityOutput{.UserId = call.identity.user_id, .Account = call.identity.account, .Arn = call.identity.principal_arn};
}

Outcome<AssumeRoleOutput> assume_role(Context& call, const AssumeRoleInput& in) {
  auto role = find_role_by_arn(call.keys.installation(), in.RoleArn);
  if (!role) {
    return aws_error(ErrorKind::access_denied, "AccessDenied", "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
                     call.identity.principal_arn, in.RoleArn);
  }
  auth::Credentials issued = call.keys.issue(role->arn, in.RoleSessionName, in.DurationSeconds.value_or(role_session_seconds));
  AssumeRoleOutput out;
  out.Credentials = to_credentials(issued);
  out.AssumedRoleUser = AssumedRoleUser{.AssumedRoleId = role->id + ":" + in.RoleSessionName,
                                        .Arn = assumed_role_arn(*role, call.identity.account, in.RoleSessionName)};
  out.PackedPolicySize = 0;
  return out;
}

Outcome<GetSessionTokenOutput> get_session_token(Context& call, const GetSessionTokenInput& in) {
  if (!call.identity.root) return aws_error(ErrorKind::access_denied, "AccessDenied", "Cannot call GetSessionToken with session credentials");
  std::int64_t seconds = std::min<std::int64_t>(in.DurationSeconds.value_or(token_session_seconds), token_session_seconds);
  GetSessionTokenOutput out;
  out.Credentials = to_credentials(call.keys.issue(call.identity.role_arn, call.identity.session_name, seconds));
  return out;
}

const Bindings bindings = bind_all<served_operations,                                    //
                                   Bind<op::AssumeRole, assume_role>,                    //
                                   Bind<op::GetCallerIdentity, get_caller_identity>,     //
                                   Bind<op::GetSessionToken, get_session_token>>();

}  // namespace clary::services::sts
