#include "services/s3/post_object.hpp"

#include <array>

#include "auth/errors.hpp"
#include "auth/post_form.hpp"
#include "base/bytes.hpp"
#include "services/s3/call.hpp"
#include "services/s3/checksums.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/form_reader.hpp"
#include "services/s3/object_headers.hpp"
#include "services/s3/tags.hpp"
#include "wire/xml.hpp"

namespace clary::services::s3 {

namespace {

std::string_view get(const auth::FormFields& fields, std::string_view name) {
  auto at = fields.find(name);
  return at == fields.end() ? std::string_view{} : std::string_view(at->second);
}

// "${filename}" in the key stands for the name of the user's file.
void fill_in_file_name(std::string& key, std::string_view path) {
  const auto slash = path.find_last_of("/\\");
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  constexpr std::string_view mark = "${filename}";
  for (std::size_t at = key.find(mark); at != std::string::npos; at = key.find(mark, at + name.size()))
    key.replace(at, mark.size(), name);
}

Outcome<auth::PostPolicy> believe(const Parts& parts, const auth::FormFields& fields) {
  auto identity = auth::verify_post(fields, parts.keys, parts.clock);
  if (!identity) return auth::as_named_by("s3", std::move(identity).error());
  TRY(auto policy, auth::parse_policy(get(fields, "policy")));
  CHECK_OK(auth::check(policy, fields, std::nullopt, parts.clock));
  return policy;
}

// The form's fields that a PUT would carry as headers.
http::Headers as_headers(const auth::FormFields& fields, const FormReader& form) {
  http::Headers headers;
  for (const auto& [name, value] : fields) {
    if (name.size() < 64 * 1024) headers.add(name, value);
  }
  if (!headers.has("content-type") && !form.file_type().empty()) headers.add("content-type", form.file_type());
  if (auto acl = headers.find("acl")) headers.add("x-amz-acl", std::string(*acl));
  return headers;
}

Outcome<objects::Tags> read_form_tags(std::string_view document) {
  if (document.empty()) return objects::Tags{};
  api::s3::Tagging tagging;
  wire::Violations violations;
  CHECK_OK(wire::read_xml(api::s3::Tagging_shape, &tagging, document, violations));
  if (!violations.empty()) return malformed_xml();
  return read_tags(tagging.TagSet, TagsOf::object);
}

http::Response answer(const http::Request& request, const Target& target, const auth::FormFields& fields,
                      const objects::Object& object) {
  http::Response response;
  const std::string location = fmt::format("{}://{}/{}/{}", request.tls ? "https" : "http", request.host(),
                                           target.bucket, uri_encode(object.key, true));
  response.headers.add("ETag", quoted(object.etag));
  response.headers.add("Location", location);
  std::string_view redirect = get(fields, "success_action_redirect");
  if (redirect.empty()) redirect = get(fields, "redirect");
  // As S3: an address that it cannot read as one is passed over.
  if ((redirect.starts_with("http://") || redirect.starts_with("https://")) && is_plain_value(redirect)) {
    const char joint = redirect.find('?') == std::string_view::npos ? '?' : '&';
    response.status = 303;
    response.headers.set("Location",
                         fmt::format("{}{}bucket={}&key={}&etag={}", redirect, joint, uri_encode(target.bucket),
                                     uri_encode(object.key), uri_encode(quoted(object.etag))));
    return response;
  }
  const std::string_view status = get(fields, "success_action_status");
  response.status = status == "200" ? 200 : status == "201" ? 201 : 204;
  if (response.status != 201) return response;
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>";
  for (const auto& [name, value] : std::array<std::pair<std::string_view, std::string>, 4>{
           {{"Location", location}, {"Bucket", target.bucket}, {"Key", object.key}, {"ETag", quoted(object.etag)}}}) {
    body.append("<").append(name).append(">");
    wire::write_xml_text(value, body);
    body.append("</").append(name).append(">");
  }
  response.headers.add("Content-Type", "application/xml");
  response.body = body + "</PostResponse>";
  return response;
}

}  // namespace

bool is_form(const http::Request& request, const Target& target) {
  return request.method == "POST" && !target.bucket.empty() && target.key.empty() &&
         request.headers.get("content-type").substr(0, 19) == "multipart/form-data";
}

Outcome<http::Response> post_object(Parts& parts, const Target& target, http::Request& request,
                                    http::BodyReader& body) {
  auto form = FormReader::open(request.headers.get("content-type"), body);
  if (!form) {
    return aws_error(ErrorKind::validation, "PreconditionFailed",
                     "At least one of the pre-conditions you specified did not hold")
        .with("Condition", "Bucket POST must be of the enclosure-type multipart/form-data");
  }
  TRY(auto fields, form->read_fields());
  fields.insert_or_assign("bucket", target.bucket);
  if (get(fields, "key").empty()) {
    return invalid_argument(
        "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
        "key", "");
  }
  fill_in_file_name(fields.find("key")->second, form->file_name());
  TRY(auto policy, believe(parts, fields));

  const http::Headers headers = as_headers(fields, *form);
  CHECK_OK(check_unserved_headers(headers));
  objects::Object description;
  description.key = get(fields, "key");
  TRY(description.headers, read_object_headers(headers));
  TRY(description.tags, read_form_tags(get(fields, "tagging")));
  http::Request as_put;
  as_put.headers = headers;
  TRY(SentChecksum sent, read_checksum(as_put));
  description.checksum_algorithm = sent.algorithm;
  description.checksum = sent.value;
  objects::Expected expected{{}, std::string(get(fields, "content-md5")), {}};
  TRY(auto writer, parts.objects.create_checked(target.bucket, std::move(description), std::move(expected), {}));
  for (std::uint64_t size = 0;;) {
    TRY(std::string_view piece, form->next());
    size += piece.size();
    // Too much is told at once, too little only at the end.
    if (policy.length && (piece.empty() || size > policy.length->second)) CHECK_OK(auth::check_length(policy, size));
    if (piece.empty()) break;
    CHECK_OK(writer->write(piece));
  }
  TRY(auto object, writer->commit());
  return answer(request, target, fields, object);
}

}  // namespace clary::services::s3
