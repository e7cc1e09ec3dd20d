// fuzz: model_server
// Pickled models: no crash, and the booster that is found lies within the pickle.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model_server/pickle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)clary::model_server::is_pickle(bytes);
  const auto found = clary::model_server::find_booster(bytes);
  if (found && (found->model.empty() || found->model.data() < bytes.data() || found->model.data() + found->model.size() > bytes.data() + size)) std::abort();
  return 0;
}
