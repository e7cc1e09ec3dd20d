// fuzz: jobs base
// A line of a metrics file, as any process of a job may write it.
#include <cmath>
#include <cstdlib>

#include "jobs/metric_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto point = clary::jobs::parse_metric_line({reinterpret_cast<const char*>(data), size}, clary::Time{1'795'000'000'000'000});
  if (point && (point->name.empty() || point->name.size() > 255 || !std::isfinite(point->value))) std::abort();
  return 0;
}
