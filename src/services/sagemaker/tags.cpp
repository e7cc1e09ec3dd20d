#include "services/sagemaker/handlers.hpp"
#include "services/sagemaker/resources.hpp"

namespace clary::services::sagemaker {

namespace {

constexpr std::size_t tags_a_page = 50;

// The resource must be in the caller's account and region and must exist; the answer is the same for all three.
Outcome<void> check_resource(Context& call, meta::Session& session, const std::string& arn) {
  auto parsed = parse_arn(arn);
  if (parsed && parsed->service == "sagemaker" && parsed->account == call.scope.account && parsed->region == call.scope.region) {
    TRY(auto record, meta::find_by_arn(session, arn));
    if (record) return {};
  }
  return aws_error(ErrorKind::not_found, "ResourceNotFound", "Could not find resource \"{}\".", arn);
}

}  // namespace

Outcome<AddTagsOutput> add_tags(Context& call, const AddTagsInput& in) {
  CHECK_OK(check_tags(in.Tags));
  auto stored = call.store.write([&](meta::Session& session) -> Outcome<std::vector<meta::Tag>> {
    CHECK_OK(check_resource(call, session, in.ResourceArn));
    CHECK_OK(meta::put_tags(session, in.ResourceArn, to_tags(in.Tags)));
    return meta::tags_of(session, in.ResourceArn);
  });
  if (!stored) return std::move(stored).error();
  AddTagsOutput out;
  out.Tags.emplace();
  for (const meta::Tag& tag : *stored) out.Tags->push_back({tag.key, tag.value});
  return out;
}

Outcome<DeleteTagsOutput> delete_tags(Context& call, const DeleteTagsInput& in) {
  CHECK_OK(call.store.write([&](meta::Session& session) -> Outcome<void> {
    CHECK_OK(check_resource(call, session, in.ResourceArn));
    return meta::erase_tags(session, in.ResourceArn, in.TagKeys);
  }));
  return DeleteTagsOutput{};
}

Outcome<ListTagsOutput> list_tags(Context& call, const ListTagsInput& in) {
  auto tags = call.store.read([&](meta::Session& session) -> Outcome<std::vector<meta::Tag>> {
    CHECK_OK(check_resource(call, session, in.ResourceArn));
    return meta::tags_of(session, in.ResourceArn);
  });
  if (!tags) return std::move(tags).error();
  std::size_t first = 0;
  if (in.NextToken) {
    if (in.NextToken->empty() || in.NextToken->size() > 6 || in.NextToken->find_first_not_of("0123456789") != std::string::npos)
      return validation("Invalid NextToken");
    first = std::stoul(*in.NextToken);
  }
  std::size_t last = first + static_cast<std::size_t>(in.MaxResults.value_or(tags_a_page));
  ListTagsOutput out;
  out.Tags.emplace();
  for (std::size_t i = first; i < std::min(last, tags->size()); ++i) out.Tags->push_back({(*tags)[i].key, (*tags)[i].value});
  if (last < tags->size()) out.NextToken = std::to_string(last);
  return out;
}

}  // namespace clary::services::sagemaker
