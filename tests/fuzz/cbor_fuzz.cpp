// fuzz: wire api_cloudwatch
// Any bytes as a CBOR document: no crash, and what was read is written and read back to the same bytes.
#include <cstdlib>
#include <string_view>

#include "api/cloudwatch.hpp"
#include "wire/cbor.hpp"

using namespace clary;

namespace {

template <typename T>
void read_and_write(const wire::Shape& shape, std::string_view bytes) {
  T in{};
  wire::Violations violations;
  if (!wire::read_cbor(shape, &in, bytes, violations)) return;
  wire::validate(shape, &in, violations);
  std::string once, twice;
  wire::write_cbor(shape, &in, once);
  T back{};
  wire::Violations again;
  if (!wire::read_cbor(shape, &back, once, again)) std::abort();
  wire::write_cbor(shape, &back, twice);
  if (once != twice) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    read_and_write<api::cloudwatch::PutMetricDataInput>(api::cloudwatch::PutMetricDataInput_shape, bytes);
  } else {
    read_and_write<api::cloudwatch::GetMetricStatisticsOutput>(api::cloudwatch::GetMetricStatisticsOutput_shape, bytes);
  }
  return 0;
}
