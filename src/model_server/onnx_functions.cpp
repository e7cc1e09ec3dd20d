#include "model_server/onnx_functions.hpp"

#include "io/shared_library.hpp"

namespace clary::model_server {

namespace {

struct OrtApiBase {
  void* const* (*get_api)(std::uint32_t version);
  const char* (*version)();
};

template <typename Function>
void take(void* const* api, std::size_t place, Function& function) {
  function = reinterpret_cast<Function>(api[place]);
}

}  // namespace

Outcome<std::shared_ptr<const OnnxFunctions>> OnnxFunctions::load(const std::string& library_path) {
  TRY(const auto library, io::SharedLibrary::load(library_path));
  const OrtApiBase* (*get_base)() = nullptr;
  library.find("OrtGetApiBase", get_base);
  const OrtApiBase* base = get_base ? get_base() : nullptr;
  void* const* api = base ? base->get_api(1) : nullptr;
  if (!api) return internal("the library {} has not the functions of ONNX Runtime", library_path);
  auto functions = std::make_shared<OnnxFunctions>();
  OnnxFunctions& f = *functions;
  take(api, 2, f.error_message);
  take(api, 3, f.create_env);
  take(api, 7, f.create_session);
  take(api, 9, f.run);
  take(api, 10, f.create_options);
  take(api, 24, f.set_intra_threads);
  take(api, 25, f.set_inter_threads);
  take(api, 30, f.input_count);
  take(api, 31, f.output_count);
  take(api, 33, f.input_type);
  take(api, 34, f.output_type);
  take(api, 36, f.input_name);
  take(api, 37, f.output_name);
  take(api, 49, f.create_tensor);
  take(api, 51, f.tensor_data);
  take(api, 55, f.tensor_info);
  take(api, 56, f.kind_of_type);
  take(api, 60, f.element);
  take(api, 61, f.dimension_count);
  take(api, 62, f.dimensions);
  take(api, 65, f.value_info);
  take(api, 67, f.kind_of_value);
  take(api, 69, f.cpu_memory);
  take(api, 76, f.allocator_free);
  take(api, 78, f.default_allocator);
  take(api, 80, f.part);
  take(api, 81, f.part_count);
  take(api, 92, f.release_env);
  take(api, 93, f.release_status);
  take(api, 94, f.release_memory_info);
  take(api, 95, f.release_session);
  take(api, 96, f.release_value);
  take(api, 98, f.release_type_info);
  take(api, 99, f.release_tensor_info);
  take(api, 100, f.release_options);
  f.version = base->version();
  return std::shared_ptr<const OnnxFunctions>(std::move(functions));
}

Outcome<void> OnnxFunctions::check(Status* status) const {
  if (!status) return {};
  const std::string message = error_message(status);
  release_status(status);
  return validation("{}", message);
}

}  // namespace clary::model_server
