// CBOR (RFC 8949) as Smithy's RPC v2 protocol sends it: structures are maps of text keys, timestamps are tag 1 with seconds since 1970.
// Read straight into the structure: lengths definite or not, floats of 16, 32 and 64 bits. Thread rule: pure functions.
// Invariant: a document is read whole or refused; no length that it claims is believed before its bytes are there.
#pragma once

#include <string>
#include <string_view>

#include "wire/violations.hpp"

namespace clary::wire {

// Unknown members are passed over, null and undefined are absent; a value of the wrong type, what is no CBOR, a key that comes twice and bytes
// behind the document are a SerializationException; a required member that is missing goes into `violations`. An empty body reads as {}.
Outcome<void> read_cbor(const Shape& shape, void* structure, std::string_view document, Violations& violations);
void write_cbor(const Shape& shape, const void* value, std::string& out);

// Single items, for what has no shape (errors).
void write_cbor_map(std::size_t entries, std::string& out);
void write_cbor_text(std::string_view text, std::string& out);

}  // namespace clary::wire
