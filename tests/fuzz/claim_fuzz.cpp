// fuzz: auth
// Any bytes as a request's query, path and headers: read_claim() and verify() end without a crash and believe none of
// it. The input is lines: method, path, query, then "name: value" headers.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auth/errors.hpp"
#include "auth/signature.hpp"
#include "base/rng.hpp"

namespace {

std::string_view take_line(std::string_view& text) {
  std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace clary;
  static const ManualClock clock{Time{1'795'552'700'000'000}};
  static const auth::Keys keys(
      {"000000000000", "AKIACLARYROOTKEY2345", random_bytes(40), random_bytes(32), "arn:aws:iam::000000000000:role/R"},
      clock);
  static const auth::Verifier verifier(keys, clock);

  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  auth::SignedMessage message{take_line(text), take_line(text), take_line(text), {}, {}};
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::size_t colon = std::min(line.find(':'), line.size());
    message.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  auto claim = auth::read_claim(message);
  if (!claim) {
    auth::as_named_by("s3", claim.error());
    return 0;
  }
  if (verifier.verify(message, *claim, "")) std::abort();
  return 0;
}
