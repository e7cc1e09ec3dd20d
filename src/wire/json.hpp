// AWS JSON: the bodies of the json-1.0 and json-1.1 protocols, the payloads of rest-json, and the metadata store's documents.
// Thread rule: pure functions. Invariant: whatever write_json() writes, read_json() reads back to an equal value (times to the millisecond).
#pragma once

#include <string>
#include <string_view>

#include "wire/violations.hpp"

namespace clary::wire {

// Reads a document into the structure. Unknown members are passed over, null is absent; a value of the wrong type, broken JSON or UTF-8 is a
// SerializationException; a required member that is missing goes into `violations`. An empty body reads as {}.
Outcome<void> read_json(const Shape& shape, void* structure, std::string_view document, Violations& violations);
void write_json(const Shape& shape, const void* value, std::string& out);

// Writes a JSON string literal.
void write_json_string(std::string_view text, std::string& out);

// For documents of our own: what breaks the model there is a fault of ours.
template <typename T>
Outcome<T> from_document(const Shape& shape, std::string_view document) {
  T value{};
  Violations ignored;
  if (auto read = read_json(shape, &value, document, ignored); !read) return internal("stored document: {}", read.error().message);
  return value;
}
template <typename T>
std::string to_document(const Shape& shape, const T& value) {
  std::string out;
  write_json(shape, &value, out);
  return out;
}

// Copies every member that both structures have under one name and shape (Create's request into Describe's answer).
void project(const Shape& to_shape, void* to, const Shape& from_shape, const void* from);

}  // namespace clary::wire
