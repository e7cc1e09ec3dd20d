// fuzz: model_server
// Bodies of invocations in every content type: no crash, and what is read are whole rows of finite or missing numbers.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model_server/rows.hpp"

namespace {

using namespace clary::model_server;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Rows& rows, ModelColumns columns) {
  for (const float value : rows.values) require(!std::isinf(value));
  for (const double value : rows.doubles) require(!std::isinf(value));
  if (!rows.sparse) {
    require(rows.size() == rows.count * rows.columns);
    require(rows.count == 0 || !columns || rows.columns == *columns || rows.columns + 1 == *columns);
    return;
  }
  require(rows.starts.size() == rows.count + 1 && rows.starts.back() == rows.size() && rows.indices.size() == rows.size());
  for (const unsigned index : rows.indices) require(index < rows.columns);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr const char* types[] = {"text/csv",         "text/libsvm", "application/json", "application/jsonlines", "application/x-npy",
                                   "application/x-recordio-protobuf"};
  const ModelColumns columns = data[1] % 8 == 0 ? ModelColumns() : ModelColumns(data[1] % 8);
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto reader = open_rows(types[data[0] % std::size(types)], body, columns);
  if (!reader) return 0;
  Rows rows;
  rows.doubled = data[1] / 8 % 2 == 1;
  for (std::size_t all = 0;; all += rows.count) {
    if (!(*reader)->next(rows)) return 0;
    check(rows, columns);
    if (rows.count == 0) return 0;
    require(all <= size);
  }
}
