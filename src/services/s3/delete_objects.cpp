#include "services/s3/errors.hpp"
#include "services/s3/handlers.hpp"

namespace clary::services::s3 {

namespace {

constexpr std::size_t most_deletions = 1000;

bool is_null_version(const std::optional<std::string>& version) {
  return !version || *version == "null";
}

}  // namespace

Outcome<DeleteObjectOutput> delete_object(Call& call, const DeleteObjectInput& in) {
  objects::Condition condition;
  if (in.IfMatch) condition.if_match = unquoted(*in.IfMatch);
  CHECK_OK(call.objects.erase(in.Bucket, in.Key, condition));
  return DeleteObjectOutput{};
}

Outcome<DeleteObjectsOutput> delete_objects(Call& call, const DeleteObjectsInput& in) {
  const auto& wanted = in.Delete.Objects;
  if (wanted.empty() || wanted.size() > most_deletions) return malformed_xml();
  DeleteObjectsOutput out;
  std::vector<api::s3::Error> failed;
  std::vector<objects::Deletion> deletions;
  std::vector<const ObjectIdentifier*> named;
  for (const auto& object : wanted) {
    if (object.Key.empty()) return malformed_xml();
    if (!is_null_version(object.VersionId)) {
      failed.push_back({.Key = object.Key,
                        .VersionId = object.VersionId,
                        .Code = "NoSuchVersion",
                        .Message = "The specified version does not exist."});
      continue;
    }
    objects::Deletion deletion{object.Key, {}};
    if (object.ETag) deletion.condition.if_match = unquoted(*object.ETag);
    deletions.push_back(std::move(deletion));
    named.push_back(&object);
  }
  TRY(auto outcomes, call.objects.erase_all(in.Bucket, deletions));
  std::vector<DeletedObject> deleted;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i]) {
      deleted.push_back(
          {.Key = named[i]->Key, .VersionId = named[i]->VersionId, .DeleteMarker = {}, .DeleteMarkerVersionId = {}});
    } else {
      const auto& error = outcomes[i].error();
      failed.push_back({.Key = named[i]->Key,
                        .VersionId = named[i]->VersionId,
                        .Code = error.code.empty() ? "InternalError" : error.code,
                        .Message = error.message});
    }
  }
  if (!in.Delete.Quiet.value_or(false) && !deleted.empty()) out.Deleted = std::move(deleted);
  if (!failed.empty()) out.Errors = std::move(failed);
  return out;
}

}  // namespace clary::services::s3
