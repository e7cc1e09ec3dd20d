#include "services/sagemaker/resources.hpp"

#include <set>

#include "services/sagemaker/retries.hpp"

namespace clary::services::sagemaker {

std::vector<meta::Tag> to_tags(const std::optional<std::vector<Tag>>& tags) {
  std::vector<meta::Tag> all;
  if (tags) {
    for (const Tag& tag : *tags) all.push_back({tag.Key, tag.Value});
  }
  return all;
}

Outcome<void> check_tags(const std::optional<std::vector<Tag>>& tags) {
  if (!tags) return {};
  std::set<std::string_view> keys;
  for (const Tag& tag : *tags) {
    if (http::equal_ignoring_case(std::string_view(tag.Key).substr(0, 4), "aws:"))
      return validation("Tag keys starting with 'aws:' are reserved for system use: '{}'", tag.Key);
    if (!keys.insert(tag.Key).second) return validation("Duplicate tag key: '{}'", tag.Key);
  }
  return {};
}

Error could_not_find(std::string_view what, const std::string& arn) {
  return make_error(ErrorKind::not_found, "Could not find {} \"{}\".", what, arn);
}

Error already_existing(std::string_view what, const std::string& arn) {
  return make_error(ErrorKind::already_exists, "Cannot create already existing {} \"{}\".", what, arn);
}

Outcome<meta::Record> find_record(Context& call, std::string_view kind, std::string_view what, const std::string& name) {
  TRY(auto record, call.store.read([&](meta::Session& session) { return meta::find(session, kind, call.scope, name); }));
  if (!record) return could_not_find(what, sagemaker_arn(call.scope, kind, name));
  return *std::move(record);
}

Outcome<meta::Record> insert_record(Context& call, std::string_view kind, std::string_view what, const std::string& name, std::string document,
                                    const std::optional<std::vector<Tag>>& tags,
                                    const std::function<Outcome<void>(meta::Session&, const meta::Record&)>& also) {
  CHECK_OK(check_tags(tags));
  meta::Record record;
  record.kind = kind;
  record.scope = call.scope;
  record.name = name;
  record.arn = sagemaker_arn(call.scope, kind, name);
  record.created = record.modified = call.clock.now();
  record.document = with_invocation(call.request, std::move(document));
  auto stored = call.store.write([&](meta::Session& session) -> Outcome<void> {
    TRY(record.id, meta::insert(session, record));
    if (tags) CHECK_OK(meta::put_tags(session, record.arn, to_tags(tags)));
    return also ? also(session, record) : Outcome<void>();
  });
  if (!stored) {
    if (stored.error().kind != ErrorKind::already_exists) return std::move(stored).error();
    TRY(auto earlier, call.store.read([&](meta::Session& session) { return meta::find(session, kind, call.scope, name); }));
    if (earlier && repeats(call.request, earlier->document)) return *std::move(earlier);
    return already_existing(what, record.arn);
  }
  return record;
}

}  // namespace clary::services::sagemaker
