// The way of an object's or a part's bytes from the request into the store. Thread rule: as the call's.
// Invariant: a writer is committed only after its PayloadReader gave the end.
#pragma once

#include "services/s3/checksums.hpp"
#include "services/s3/payload.hpp"

namespace clary::services::s3 {

// Key, headers and tags of the object that a request makes.
Outcome<objects::Object> read_description(const Call& call);
// MissingContentLength, EntityTooLarge.
Outcome<objects::Expected> read_expected(const Call& call, const PayloadReader& payload);

// Writes the whole body, and tells the writer the checksum that came behind it.
template <typename Writer>
Outcome<void> pour(PayloadReader& payload, const SentChecksum& sent, Writer& writer) {
  while (true) {
    TRY(std::string_view piece, payload.next());
    if (piece.empty()) break;
    CHECK_OK(writer.write(piece));
  }
  if (sent.trailing) writer.expect_checksum(payload.trailer(header_of(sent.algorithm)));
  return {};
}

}  // namespace clary::services::s3
