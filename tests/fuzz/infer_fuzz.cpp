// fuzz: model_server
// Requests of the Open Inference Protocol: no crash, and what is read has as many numbers as its shape says, none of them infinite.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model_server/open_inference.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clary::model_server;
  if (size < 1) return 0;
  ModelFacts facts;
  facts.doubles = data[0] % 2 == 1;
  if (const unsigned columns = data[0] / 2 % 8; columns > 0) facts.columns = columns;
  const auto request = read_infer(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1), facts);
  if (!request) return 0;
  const Rows& rows = request->rows;
  require(!rows.sparse && rows.count > 0 && rows.size() == rows.count * rows.columns && rows.size() <= size);
  for (const float value : rows.values) require(!std::isinf(value));
  for (const double value : rows.doubles) require(!std::isinf(value));
  return 0;
}
