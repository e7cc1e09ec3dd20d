#include "wire/rest.hpp"

#include <algorithm>

#include "wire/json.hpp"
#include "wire/text.hpp"
#include "wire/xml.hpp"

namespace clary::wire {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y)); });
}

Outcome<void> read_header_list(const Field& field, void* target, std::string_view text) {
  const Shape& shape = *field.shape;
  while (!text.empty()) {
    auto comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (!part.empty()) CHECK_OK(scalar_from_text(*shape.element, shape.ops->append(target), part, field.name));
  }
  return {};
}

Outcome<bool> read_header(const Field& field, void* input, const RestRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (!same_name(name, field.wire_name)) continue;
    void* target = make(field, input);
    if (field.shape->kind == Kind::list) {
      CHECK_OK(read_header_list(field, target, value));
    } else {
      CHECK_OK(scalar_from_text(*field.shape, target, value, field.name));
    }
    return true;
  }
  return false;
}

Outcome<bool> read_header_prefix(const Field& field, void* input, const RestRequest& request) {
  void* target = nullptr;
  for (const auto& [name, value] : request.headers) {
    if (name.size() < field.wire_name.size() || !same_name(name.substr(0, field.wire_name.size()), field.wire_name)) continue;
    if (target == nullptr) target = make(field, input);
    std::string key(name.substr(field.wire_name.size()));
    std::transform(key.begin(), key.end(), key.begin(), [](unsigned char c) { return std::tolower(c); });
    CHECK_OK(scalar_from_text(*field.shape->element, field.shape->ops->insert(target, key), value, field.name));
  }
  return target != nullptr;
}

Outcome<bool> read_text(const Field& field, void* input, const Form& values) {
  auto value = values.find(field.wire_name);
  if (value == values.end()) return false;
  void* target = make(field, input);
  if (field.shape->kind == Kind::list) {
    CHECK_OK(scalar_from_text(*field.shape->element, field.shape->ops->append(target), value->second, field.name));
  } else {
    CHECK_OK(scalar_from_text(*field.shape, target, value->second, field.name));
  }
  return true;
}

Outcome<bool> read_member(const Field& field, void* input, const RestRequest& request) {
  switch (field.location) {
    case Location::uri: return read_text(field, input, request.labels);
    case Location::query: return read_text(field, input, request.query);
    case Location::header: return read_header(field, input, request);
    case Location::header_prefix: return read_header_prefix(field, input, request);
    default: return true;
  }
}

Outcome<void> read_document(const Operation& operation, const Shape& shape, void* target, std::string_view body, Violations& violations) {
  if (operation.service->protocol == Protocol::rest_xml) {
    return body.empty() ? Outcome<void>{} : read_xml(shape, target, body, violations);
  }
  return read_json(shape, target, body, violations);
}

void write_document(const Operation& operation, const Shape& shape, const void* value, std::string_view root, RestAnswer& answer) {
  if (operation.service->protocol == Protocol::rest_xml) {
    answer.content_type = "application/xml";
    answer.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    write_xml(shape, value, root.empty() ? shape.name : root, operation.service->xml_namespace, answer.body);
  } else {
    answer.content_type = "application/json";
    write_json(shape, value, answer.body);
  }
}

void write_header(const Field& field, const void* member, RestAnswer& answer) {
  if (field.location == Location::header_prefix) {
    field.shape->ops->each(member, [&](const std::string& key, const void* value) {
      answer.headers.emplace_back(std::string(field.wire_name) + key,
                                  scalar_to_text(*field.shape->element, value, TimeFormat::automatic, TimeFormat::http_date));
    });
  } else if (field.shape->kind == Kind::list) {
    std::string joined;
    for (std::size_t i = 0; i < field.shape->ops->size(member); ++i) {
      if (i > 0) joined += ", ";
      joined += scalar_to_text(*field.shape->element, field.shape->ops->at(member, i), TimeFormat::automatic, TimeFormat::http_date);
    }
    answer.headers.emplace_back(field.wire_name, joined);
  } else {
    answer.headers.emplace_back(field.wire_name, scalar_to_text(*field.shape, member, field.time_format, TimeFormat::http_date));
  }
}

}  // namespace

std::optional<std::map<std::string, std::string, std::less<>>> match_uri(std::string_view pattern, std::string_view path) {
  std::map<std::string, std::string, std::less<>> labels;
  pattern = pattern.substr(0, pattern.find('?'));
  while (!pattern.empty()) {
    if (pattern.front() != '{') {
      if (path.empty() || path.front() != pattern.front()) return std::nullopt;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
      continue;
    }
    auto end = pattern.find('}');
    std::string_view name = pattern.substr(1, end - 1);
    pattern.remove_prefix(end + 1);
    bool greedy = name.ends_with('+');
    if (greedy) name.remove_suffix(1);
    auto length = greedy ? path.size() : std::min(path.find('/'), path.size());
    auto value = uri_decode(path.substr(0, length));
    if (length == 0 || !value) return std::nullopt;
    labels.emplace(name, std::move(*value));
    path.remove_prefix(length);
  }
  if (!path.empty() && path != "/") return std::nullopt;
  return labels;
}

Outcome<void> read_rest(const Operation& operation, void* input, const RestRequest& request, Violations& violations) {
  const Shape& shape = *operation.input;
  for (const Field& field : shape.fields) {
    if (field.location == Location::body) continue;
    TRY(bool there, read_member(field, input, request));
    if (!there && field.required) violations.missing(Path{nullptr, field.name, 0, {}});
  }
  if (shape.payload == nullptr) {
    bool has_body_members = std::any_of(shape.fields.begin(), shape.fields.end(), [](const Field& f) { return f.location == Location::body; });
    return has_body_members ? read_document(operation, shape, input, request.body, violations) : Outcome<void>{};
  }
  const Field& payload = *shape.payload;
  if (payload.shape->streaming) return {};
  if (payload.shape->kind == Kind::structure) {
    if (request.body.empty()) {
      if (payload.required) violations.missing(Path{nullptr, payload.name, 0, {}});
      return {};
    }
    return read_document(operation, *payload.shape, make(payload, input), request.body, violations);
  }
  if (payload.shape->kind == Kind::blob) {
    static_cast<Bytes*>(make(payload, input))->data.assign(request.body);
    return {};
  }
  return scalar_from_text(*payload.shape, make(payload, input), request.body, payload.name);
}

RestAnswer write_rest(const Operation& operation, const void* output, std::string_view root) {
  RestAnswer answer;
  answer.status = operation.status;
  const Shape& shape = *operation.output;
  bool has_body_members = false;
  for (const Field& field : shape.fields) {
    const void* member = get(field, output);
    has_body_members = has_body_members || (field.location == Location::body && &field != shape.payload);
    if (member == nullptr) continue;
    if (field.location == Location::header || field.location == Location::header_prefix) write_header(field, member, answer);
    if (field.location == Location::status) answer.status = static_cast<unsigned>(*static_cast<const std::int64_t*>(member));
  }
  if (shape.payload == nullptr) {
    if (has_body_members) write_document(operation, shape, output, root, answer);
    return answer;
  }
  const Field& payload = *shape.payload;
  const void* member = get(payload, output);
  if (member == nullptr || payload.shape->streaming) return answer;
  if (payload.shape->kind == Kind::structure) {
    write_document(operation, *payload.shape, member, root, answer);
  } else if (payload.shape->kind == Kind::blob) {
    answer.body = static_cast<const Bytes*>(member)->data;
  } else {
    answer.body = scalar_to_text(*payload.shape, member, payload.time_format, TimeFormat::iso8601);
  }
  return answer;
}

}  // namespace clary::wire
