#include "wire/json.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <iterator>

#include "wire/json_tree.hpp"

namespace clary::wire {

namespace json = boost::json;

namespace {

Error serialization(std::string message) { return aws_error(ErrorKind::validation, "SerializationException", "{}", message); }

const char* kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::string: return "STRING_VALUE";
    case json::kind::bool_: return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
    case json::kind::array: return "START_ARRAY";
    case json::kind::object: return "START_OBJECT";
    case json::kind::double_: return "DECIMAL_VALUE";
    case json::kind::null: return "NULL_VALUE";
    default: return "NUMBER_VALUE";
  }
}

Error mismatch(const json::value& value, const char* wanted) {
  return serialization(fmt::format("{} can not be converted to {}", kind_name(value), wanted));
}

Outcome<std::int64_t> to_integer(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_double()) {
    double number = value.get_double();
    if (std::floor(number) == number && std::abs(number) < 9.2e18) return static_cast<std::int64_t>(number);
  }
  if (value.is_uint64()) return serialization("the number is out of range");
  return mismatch(value, "an Integer");
}

Outcome<double> to_real(const json::value& value) {
  if (value.is_number()) return value.to_number<double>();
  if (value.is_string()) {
    if (value.get_string() == "NaN") return std::nan("");
    if (value.get_string() == "Infinity") return HUGE_VAL;
    if (value.get_string() == "-Infinity") return -HUGE_VAL;
  }
  return mismatch(value, "a Double");
}

Outcome<Time> to_time(const json::value& value) {
  if (value.is_string()) {
    auto time = parse_iso8601(std::string_view(value.get_string()));
    if (!time) return serialization(time.error().message);
    return time;
  }
  if (!value.is_number()) return mismatch(value, "a Timestamp");
  double seconds = value.to_number<double>();
  if (!(std::abs(seconds) < 2.6e11)) return serialization("the timestamp is out of range");  // beyond the year 9999
  return Time::from_seconds(seconds);
}

class Reader {
 public:
  explicit Reader(Violations& violations) : violations_(violations) {}

  Outcome<void> read(const Shape& shape, void* target, const json::value& value, const Path& path) {
    switch (shape.kind) {
      case Kind::string:
        if (!value.is_string()) return mismatch(value, "a String");
        static_cast<std::string*>(target)->assign(std::string_view(value.get_string()));
        return {};
      case Kind::integer: return store<std::int64_t>(target, to_integer(value));
      case Kind::real: return store<double>(target, to_real(value));
      case Kind::timestamp: return store<Time>(target, to_time(value));
      case Kind::boolean:
        if (!value.is_bool()) return mismatch(value, "a Boolean");
        *static_cast<bool*>(target) = value.get_bool();
        return {};
      case Kind::blob: {
        auto bytes = value.is_string() ? from_base64(std::string_view(value.get_string())) : std::nullopt;
        if (!bytes) return mismatch(value, "a Blob");
        static_cast<Bytes*>(target)->data = std::move(*bytes);
        return {};
      }
      case Kind::list: return read_list(shape, target, value, path);
      case Kind::map: return read_map(shape, target, value, path);
      case Kind::structure: return read_structure(shape, target, value, path);
    }
    return {};
  }

 private:
  template <typename T>
  static Outcome<void> store(void* target, Outcome<T> value) {
    if (!value) return std::move(value).error();
    *static_cast<T*>(target) = *value;
    return {};
  }

  Outcome<void> read_list(const Shape& shape, void* target, const json::value& value, const Path& path) {
    if (!value.is_array()) return mismatch(value, "a List");
    std::size_t index = 0;
    for (const json::value& element : value.get_array()) {
      ++index;
      if (element.is_null()) continue;
      CHECK_OK(read(*shape.element, shape.ops->append(target), element, Path{&path, {}, index, {}}));
    }
    return {};
  }

  Outcome<void> read_map(const Shape& shape, void* target, const json::value& value, const Path& path) {
    if (!value.is_object()) return mismatch(value, "a Map");
    for (const auto& [key, element] : value.get_object()) {
      if (element.is_null()) continue;
      CHECK_OK(read(*shape.element, shape.ops->insert(target, std::string(key)), element, Path{&path, {}, 0, key}));
    }
    return {};
  }

  Outcome<void> read_structure(const Shape& shape, void* target, const json::value& value, const Path& path) {
    if (!value.is_object()) return mismatch(value, "an Object");
    if (++structures_ > most_structures) return serialization(fmt::format("The request body has more than {} objects", most_structures));
    const json::object& object = value.get_object();
    for (const Field& field : shape.fields) {
      if (field.location != Location::body || &field == shape.payload) continue;
      const json::value* member = object.if_contains(field.wire_name);
      Path here{&path, field.name, 0, {}};
      if (member == nullptr || member->is_null()) {
        if (field.required) violations_.missing(here);
      } else {
        CHECK_OK(read(*field.shape, make(field, target), *member, here));
      }
    }
    return {};
  }

  Violations& violations_;
  std::size_t structures_ = 0;
};

void write_time(Time time, TimeFormat format, std::string& out) {
  if (format == TimeFormat::iso8601) return write_json_string(to_iso8601(time), out);
  auto millis = time.millis();
  out += millis % 1000 == 0 ? fmt::format("{}", millis / 1000) : fmt::format("{:.3f}", static_cast<double>(millis) / 1000);
}

void write_real(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

void write_structure(const Shape& shape, const void* value, std::string& out) {
  out += '{';
  bool first = true;
  for (const Field& field : shape.fields) {
    if (field.location != Location::body || &field == shape.payload) continue;
    const void* member = get(field, value);
    if (member == nullptr) continue;
    if (!first) out += ',';
    first = false;
    write_json_string(field.wire_name, out);
    out += ':';
    if (field.shape->kind == Kind::timestamp && field.time_format != TimeFormat::automatic) {
      write_time(*static_cast<const Time*>(member), field.time_format, out);
    } else {
      write_json(*field.shape, member, out);
    }
  }
  out += '}';
}

}  // namespace

void write_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void write_json(const Shape& shape, const void* value, std::string& out) {
  switch (shape.kind) {
    case Kind::string: return write_json_string(*static_cast<const std::string*>(value), out);
    case Kind::integer: fmt::format_to(std::back_inserter(out), "{}", *static_cast<const std::int64_t*>(value)); return;
    case Kind::real: return write_real(*static_cast<const double*>(value), out);
    case Kind::boolean: out += *static_cast<const bool*>(value) ? "true" : "false"; return;
    case Kind::timestamp: return write_time(*static_cast<const Time*>(value), shape.time_format, out);
    case Kind::blob: return write_json_string(to_base64(static_cast<const Bytes*>(value)->data), out);
    case Kind::structure: return write_structure(shape, value, out);
    case Kind::list:
      out += '[';
      for (std::size_t i = 0; i < shape.ops->size(value); ++i) {
        if (i > 0) out += ',';
        write_json(*shape.element, shape.ops->at(value, i), out);
      }
      out += ']';
      return;
    case Kind::map: {
      out += '{';
      bool first = true;
      shape.ops->each(value, [&](const std::string& key, const void* inner) {
        if (!first) out += ',';
        first = false;
        write_json_string(key, out);
        out += ':';
        write_json(*shape.element, inner, out);
      });
      out += '}';
    }
  }
}

Outcome<void> read_json(const Shape& shape, void* structure, std::string_view document, Violations& violations) {
  // The document's values lie in one place and go together; small documents need no allocation at all.
  unsigned char room[8192];
  json::monotonic_resource memory(room, sizeof room);
  json::value value(json::object_kind, &memory);
  if (document.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    json::error_code code;
    value = parse_json(document, &memory, code);
    if (code) return serialization(fmt::format("The request body is not valid JSON: {}", code.message()));
  }
  return Reader(violations).read(shape, structure, value, Path{});
}

void project(const Shape& to_shape, void* to, const Shape& from_shape, const void* from) {
  for (const Field& field : to_shape.fields) {
    const Field* source = from_shape.find(field.name);
    if (source == nullptr || source->shape != field.shape) continue;
    if (const void* value = get(*source, from)) field.shape->ops->assign(make(field, to), value);
  }
}

}  // namespace clary::wire
