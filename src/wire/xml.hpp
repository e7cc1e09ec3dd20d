// XML documents: answers of the query protocol, and bodies both ways of rest-xml. Thread rule: pure functions.
// Invariant: what is written is well-formed for any text (control characters go as references, as S3 sends them).
#pragma once

#include <string>
#include <string_view>

#include "wire/violations.hpp"

namespace clary::wire {

// Writes <root xmlns="..."> with the structure's body members; no XML declaration. An empty namespace writes none.
void write_xml(const Shape& shape, const void* structure, std::string_view root, std::string_view xml_namespace, std::string& out);
void write_xml_text(std::string_view text, std::string& out);
// Reads a document whose root holds the structure's members (its name and namespace are not looked at). No document type, no entities
// but XML's own; broken XML is MalformedXML.
Outcome<void> read_xml(const Shape& shape, void* structure, std::string_view document, Violations& violations);

}  // namespace clary::wire
