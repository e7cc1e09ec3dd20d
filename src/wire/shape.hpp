// Shape tables: what the published model says of a type, next to how its C++ struct keeps it. The tables are generated (api/gen); the
// codecs of this folder walk them, so that there is one codec a protocol and none a shape.
// Constant data, any thread. Invariant: a Shape describes exactly the C++ type that it was generated with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace clary::wire {

enum class Kind : std::uint8_t { structure, list, map, string, integer, real, boolean, timestamp, blob };

// Where a member travels (REST protocols); `body` for all members of the others.
enum class Location : std::uint8_t { body, uri, query, query_map, header, header_prefix, status };
enum class TimeFormat : std::uint8_t { automatic, epoch_seconds, iso8601, http_date };

struct Shape;

struct Field {
  std::string_view name;       // the member's name in the model and in the struct
  std::string_view wire_name;  // its name in the document, query or header
  const Shape* shape;
  std::size_t offset;
  bool required;
  bool optional;               // kept as std::optional<T>, else as T
  Location location;
  bool flattened;              // XML and query: a list without a wrapper
  bool xml_attribute;
  TimeFormat time_format;
};

// Operations on a C++ type that a walker knows only by address.
struct Ops {
  // std::optional<T>: the value's address, null when absent; make() puts an empty value there.
  const void* (*get)(const void* optional) = nullptr;
  void* (*make)(void* optional) = nullptr;
  void (*assign)(void* to, const void* from) = nullptr;  // T = T
  std::size_t (*size)(const void*) = nullptr;            // lists and maps
  const void* (*at)(const void* list, std::size_t index) = nullptr;
  void* (*append)(void* list) = nullptr;
  void* (*insert)(void* map, std::string key) = nullptr;
  void (*each)(const void* map, const std::function<void(const std::string&, const void*)>&) = nullptr;
};

struct Shape {
  Kind kind;
  std::string_view name;
  std::span<const Field> fields;         // structure
  const Shape* element = nullptr;        // list's member, map's value
  const Shape* key = nullptr;            // map's key
  std::string_view element_name = "member";  // lists in XML and query
  std::string_view key_name = "key", value_name = "value";
  const Field* payload = nullptr;        // structure: the member that is the whole body
  bool streaming = false;                // blob: never buffered
  std::optional<double> minimum{}, maximum{};  // length of strings, lists, maps, blobs; value of numbers
  std::string_view pattern{};            // as in the model (Java's syntax); empty: none
  std::span<const std::string_view> values{};  // enum
  std::string_view xml_namespace{};
  TimeFormat time_format = TimeFormat::automatic;
  const Ops* ops = nullptr;

  const Field* find(std::string_view member) const;
};

// The value of a member, null when it is absent; and a place to put one.
inline const void* get(const Field& field, const void* structure) {
  const void* address = static_cast<const char*>(structure) + field.offset;
  return field.optional ? field.shape->ops->get(address) : address;
}
inline void* make(const Field& field, void* structure) {
  void* address = static_cast<char*>(structure) + field.offset;
  return field.optional ? field.shape->ops->make(address) : address;
}

// An operation of a service, and the service.
struct Service;
struct Operation {
  std::string_view name;
  std::string_view method;       // REST: "POST"
  std::string_view uri;          // REST: "/endpoints/{EndpointName}/invocations"
  unsigned status = 200;         // REST: of success
  const Shape* input;
  const Shape* output;
  std::string_view result_wrapper;  // query: "GetCallerIdentityResult"
  const Service* service;
};

enum class Protocol : std::uint8_t { json_1_0, json_1_1, query, rest_json, rest_xml, rpc_v2_cbor };

struct ErrorShape {
  std::string_view name;  // the exception's shape: "ResourceNotFound"
  std::string_view code;  // on the wire, where it differs
  unsigned status;
};

struct Service {
  std::string_view name;           // "sagemaker": the key in operations.toml
  std::string_view scope;          // in the credential scope: "sagemaker"
  std::string_view id;             // "SageMaker"
  Protocol protocol;               // the first of `protocols`
  std::string_view target_prefix;  // "SageMaker"
  std::string_view api_version;
  std::string_view xml_namespace;
  std::span<const Operation* const> operations;         // served, as in operations.toml
  std::span<const std::string_view> known_operations;   // all of the published model, sorted
  std::span<const ErrorShape> errors;                   // all modelled errors, sorted by name
  std::span<const Protocol> protocols;                  // a request may come in any of them
  bool query_compatible = false;                        // errors keep their query codes beside, in the other protocols
};

template <typename T>
inline constexpr bool is_list = false;
template <typename T>
inline constexpr bool is_list<std::vector<T>> = true;
template <typename T>
inline constexpr bool is_map = false;
template <typename T>
inline constexpr bool is_map<std::map<std::string, T>> = true;

template <typename T>
constexpr Ops make_ops() {
  Ops ops;
  ops.get = [](const void* p) -> const void* {
    const auto& value = *static_cast<const std::optional<T>*>(p);
    return value ? &*value : nullptr;
  };
  ops.make = [](void* p) -> void* { return &static_cast<std::optional<T>*>(p)->emplace(); };
  ops.assign = [](void* to, const void* from) { *static_cast<T*>(to) = *static_cast<const T*>(from); };
  if constexpr (is_list<T>) {
    ops.size = [](const void* p) { return static_cast<const T*>(p)->size(); };
    ops.at = [](const void* p, std::size_t i) -> const void* { return &(*static_cast<const T*>(p))[i]; };
    ops.append = [](void* p) -> void* { return &static_cast<T*>(p)->emplace_back(); };
  } else if constexpr (is_map<T>) {
    ops.size = [](const void* p) { return static_cast<const T*>(p)->size(); };
    ops.insert = [](void* p, std::string key) -> void* { return &(*static_cast<T*>(p))[std::move(key)]; };
    ops.each = [](const void* p, const std::function<void(const std::string&, const void*)>& visit) {
      for (const auto& [key, value] : *static_cast<const T*>(p)) visit(key, &value);
    };
  }
  return ops;
}

template <typename T>
inline constexpr Ops ops_of = make_ops<T>();

}  // namespace clary::wire
