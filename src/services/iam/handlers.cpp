#include "services/iam/handlers.hpp"

#include <charconv>

#include "services/roles.hpp"

namespace clary::services::iam {

namespace {

// IAM sends policy documents URL-encoded (RFC 3986); clients decode them.
constexpr std::string_view trust_policy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]})";

Role to_role(const RoleInfo& info) {
  Role role;
  role.Path = info.path;
  role.RoleName = info.name;
  role.RoleId = info.id;
  role.Arn = info.arn;
  role.CreateDate = Time{1'577'836'800'000'000};  // 2020-01-01: the role is as old as the installation's account, which has no date
  role.AssumeRolePolicyDocument = uri_encode(trust_policy);
  role.Description = "What Clary's jobs and endpoints run as";
  role.MaxSessionDuration = 43200;
  return role;
}

// IAM's default; actions times resources could be millions, so they are made a page at a time.
constexpr std::int64_t default_page = 100;

// A marker is the number of the page's first result.
Outcome<std::size_t> first_of_page(const std::optional<std::string>& marker) {
  if (!marker) return std::size_t{0};
  std::size_t first = 0;
  auto [end, code] = std::from_chars(marker->data(), marker->data() + marker->size(), first);
  if (code != std::errc{} || end != marker->data() + marker->size())
    return aws_error(ErrorKind::validation, "ValidationError", "Invalid Marker.");
  return first;
}

}  // namespace

Outcome<GetRoleOutput> get_role(Context& call, const GetRoleInput& in) {
  auto info = find_role(call.keys.installation(), in.RoleName);
  if (!info) return aws_error(ErrorKind::not_found, "NoSuchEntity", "The role with name {} cannot be found.", in.RoleName);
  return GetRoleOutput{.Role = to_role(*info)};
}

Outcome<ListRolesOutput> list_roles(Context& call, const ListRolesInput& in) {
  ListRolesOutput out;
  out.Roles.emplace();
  out.IsTruncated = false;
  for (const RoleInfo& info : roles_of(call.keys.installation())) {
    if (info.path.starts_with(in.PathPrefix.value_or("/"))) out.Roles->push_back(to_role(info));
  }
  return out;
}

// There are no policies to weigh: a role of this account may do everything in it, any other ARN is unknown.
Outcome<SimulatePrincipalPolicyOutput> simulate_principal_policy(Context& call, const SimulatePrincipalPolicyInput& in) {
  auto principal = parse_arn(in.PolicySourceArn);
  if (!principal || !find_role_by_arn(call.keys.installation(), in.PolicySourceArn)) {
    return aws_error(ErrorKind::not_found, "NoSuchEntity", "The policy source {} cannot be found.", in.PolicySourceArn);
  }
  std::vector<std::string> resources = in.ResourceArns.value_or(std::vector<std::string>{"*"});
  if (resources.empty()) resources.emplace_back("*");
  std::size_t all = in.ActionNames.size() * resources.size();
  TRY(std::size_t first, first_of_page(in.Marker));
  std::size_t last = std::min(all, first + static_cast<std::size_t>(in.MaxItems.value_or(default_page)));
  SimulatePrincipalPolicyOutput out;
  out.EvaluationResults.emplace();
  for (std::size_t i = first; i < last; ++i) {
    EvaluationResult result;
    result.EvalActionName = in.ActionNames[i / resources.size()];
    result.EvalResourceName = resources[i % resources.size()];
    result.EvalDecision = "allowed";
    result.MatchedStatements.emplace();
    result.MissingContextValues.emplace();
    out.EvaluationResults->push_back(std::move(result));
  }
  out.IsTruncated = last < all;
  if (*out.IsTruncated) out.Marker = std::to_string(last);
  return out;
}

const Bindings bindings = bind_all<served_operations,              //
                                   Bind<op::GetRole, get_role>,    //
                                   Bind<op::ListRoles, list_roles>,  //
                                   Bind<op::SimulatePrincipalPolicy, simulate_principal_policy>>();

}  // namespace clary::services::iam
