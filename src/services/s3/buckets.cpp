#include <algorithm>
#include <charconv>

#include "base/bytes.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/handlers.hpp"
#include "services/s3/object_headers.hpp"
#include "services/s3/tags.hpp"

namespace clary::services::s3 {

namespace {

constexpr std::string_view first_region = "us-east-1";  // the one that is no constraint
constexpr std::int64_t most_buckets = 10000;

bool is_region(std::string_view text) {
  const auto dashes = std::ranges::count(text, '-');
  return text.size() < 32 && dashes >= 2 && dashes <= 3 && text.back() >= '0' && text.back() <= '9' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// The region of a new bucket, by what the request asks for and where it was sent.
Outcome<std::string> region_of(const Call& call, const CreateBucketInput& in) {
  const std::string& here = call.scope.region;
  std::string asked;
  if (in.CreateBucketConfiguration) asked = in.CreateBucketConfiguration->LocationConstraint.value_or("");
  if (asked.empty()) {
    if (here == first_region) return here;
    return aws_error(ErrorKind::validation, "IllegalLocationConstraintException",
                     "The unspecified location constraint is incompatible for the region specific endpoint this "
                     "request was sent to.");
  }
  const std::string wanted = asked == "EU" ? "eu-west-1" : asked;
  if (!is_region(wanted) || wanted == first_region) {
    return aws_error(ErrorKind::validation, "InvalidLocationConstraint",
                     "The specified location-constraint is not valid")
        .with("LocationConstraint", asked);
  }
  if (here != first_region && wanted != here) {
    return aws_error(
        ErrorKind::validation, "IllegalLocationConstraintException",
        "The {} location constraint is incompatible for the region specific endpoint this request was sent to.", asked);
  }
  return wanted;
}

std::vector<Grant> owner_only(std::string_view account) {
  Grant grant;
  grant.Grantee = Grantee{.ID = canonical_id(account), .Type = "CanonicalUser"};
  grant.Permission = "FULL_CONTROL";
  return {grant};
}

}  // namespace

Outcome<ListBucketsOutput> list_buckets(Call& call, const ListBucketsInput& in) {
  objects::BucketQuery query{.account = call.scope.account,
                             .region = in.BucketRegion.value_or(""),
                             .prefix = in.Prefix.value_or(""),
                             .after = {},
                             .limit = in.MaxBuckets.value_or(most_buckets)};
  if (query.limit < 1 || query.limit > most_buckets) {
    return invalid_argument("max-buckets must be between 1 and 10000", "max-buckets", std::to_string(query.limit));
  }
  if (in.ContinuationToken) {
    auto after = from_base64(*in.ContinuationToken);
    if (!after || after->empty() || !is_valid_utf8(*after)) {
      return invalid_argument("The continuation token provided is incorrect", "continuation-token",
                              *in.ContinuationToken);
    }
    query.after = *std::move(after);
  }
  TRY(auto page, call.objects.buckets(query));
  ListBucketsOutput out;
  out.Owner = Owner{.DisplayName = {}, .ID = canonical_id(call.scope.account)};
  out.Buckets.emplace();
  for (const auto& bucket : page.buckets) {
    out.Buckets->push_back({.Name = bucket.name,
                            .CreationDate = in_seconds(bucket.created),
                            .BucketRegion = bucket.owner.region,
                            .BucketArn = {}});
  }
  if (page.truncated) out.ContinuationToken = to_base64(page.buckets.back().name);
  out.Prefix = in.Prefix;
  return out;
}

Outcome<CreateBucketOutput> create_bucket(Call& call, const CreateBucketInput& in) {
  if (!is_bucket_name(in.Bucket)) {
    return aws_error(ErrorKind::validation, "InvalidBucketName", "The specified bucket is not valid.")
        .with("BucketName", in.Bucket);
  }
  CHECK_OK(check_unserved_headers(call.request.headers));
  TRY(std::string region, region_of(call, in));
  objects::Tags tags;
  if (in.CreateBucketConfiguration && in.CreateBucketConfiguration->Tags) {
    TRY(tags, read_tags(*in.CreateBucketConfiguration->Tags, TagsOf::bucket));
  }
  CreateBucketOutput out;
  out.Location = region == first_region ? "/" + in.Bucket : "http://" + in.Bucket + ".s3.amazonaws.com/";
  auto made = call.objects.create_bucket(in.Bucket, {call.scope.account, region});
  if (!made) {
    // Asking for one's own bucket again is a success in the first region, as it was in S3's early days.
    const bool again =
        made.error().code == "BucketAlreadyOwnedByYou" && call.scope.region == first_region && region == first_region;
    if (!again) return std::move(made).error();
    TRY(auto there, call.objects.bucket(in.Bucket));
    if (there.owner.region != first_region) return std::move(made).error();
    return out;
  }
  if (!tags.empty()) CHECK_OK(call.objects.set_bucket_tags(in.Bucket, tags));
  return out;
}

Outcome<DeleteBucketOutput> delete_bucket(Call& call, const DeleteBucketInput& in) {
  CHECK_OK(call.objects.delete_bucket(in.Bucket));
  return DeleteBucketOutput{};
}

Outcome<HeadBucketOutput> head_bucket(Call& call, const HeadBucketInput& in) {
  TRY(auto bucket, call.objects.bucket(in.Bucket));
  HeadBucketOutput out;
  out.BucketRegion = bucket.owner.region;
  out.AccessPointAlias = false;
  return out;
}

// The document is its own single value, which the model cannot say.
Outcome<http::Response> get_bucket_location(Call& call) {
  TRY(auto bucket, call.objects.bucket(call.target.bucket));
  const std::string constraint = bucket.owner.region == first_region ? "" : bucket.owner.region;
  http::Response response;
  response.headers.add("Content-Type", "application/xml");
  response.body = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"{}\">{}</LocationConstraint>",
      api::s3::service.xml_namespace, constraint);
  return response;
}

Outcome<GetBucketVersioningOutput> get_bucket_versioning(Call& call, const GetBucketVersioningInput& in) {
  CHECK_OK(call.objects.bucket(in.Bucket));
  return GetBucketVersioningOutput{};
}

Outcome<GetBucketAclOutput> get_bucket_acl(Call& call, const GetBucketAclInput& in) {
  TRY(auto bucket, call.objects.bucket(in.Bucket));
  return GetBucketAclOutput{.Owner = api::s3::Owner{.DisplayName = {}, .ID = canonical_id(bucket.owner.account)},
                            .Grants = owner_only(bucket.owner.account)};
}

Outcome<GetObjectAclOutput> get_object_acl(Call& call, const GetObjectAclInput& in) {
  CHECK_OK(call.objects.stat(in.Bucket, in.Key));
  TRY(auto bucket, call.objects.bucket(in.Bucket));
  return GetObjectAclOutput{.Owner = api::s3::Owner{.DisplayName = {}, .ID = canonical_id(bucket.owner.account)},
                            .Grants = owner_only(bucket.owner.account),
                            .RequestCharged = {}};
}

}  // namespace clary::services::s3
