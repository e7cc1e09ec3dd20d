// fuzz: transform
// Filters of transform jobs over rows and answers of any make: no crash, an Error or a row of output for each row of input.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "transform/data_processing.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// The text up to a byte of 0, which is left out.
std::string_view take(std::string_view& text, std::size_t most) {
  const auto end = std::min({text.find('\0'), text.size(), most});
  const auto taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clary::transform;
  if (size < 1) return 0;
  constexpr std::string_view types[] = {"text/csv", "application/jsonlines", "application/json"};
  const std::string_view type = types[data[0] % 3];
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  DataProcessingSpec spec;
  spec.input_filter = take(text, 63);  // as long as the API lets them be
  spec.output_filter = take(text, 63);
  spec.join_input = (data[0] & 4) != 0;
  auto processing = DataProcessing::make(spec, type, type);
  if (!processing) return 0;
  const std::string_view record = take(text, 400);
  const auto rows = processing->rows(record);
  std::string payload;
  if (processing->cuts_input()) {
    for (const auto row : rows) {
      const auto before = payload.size();
      if (!processing->cut_input(row, payload)) break;
      require(payload.size() > before && payload.back() == '\n');
    }
  }
  if (!processing->makes_output()) return 0;
  std::string output;
  std::size_t failed = 0;
  if (processing->make_output(rows, text.substr(0, 400), output, failed)) {
    require(static_cast<std::size_t>(std::count(output.begin(), output.end(), '\n')) == rows.size());
  } else {
    require(failed <= rows.size());
  }
  return 0;
}
