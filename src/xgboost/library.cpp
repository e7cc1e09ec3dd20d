#include "xgboost/library.hpp"

#include <charconv>
#include <dlfcn.h>
#include <filesystem>

#include "io/file.hpp"

namespace clary::xgboost {

namespace fs = std::filesystem;

namespace {

template <typename Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
}

LibraryVersion parse_version(std::string_view text) {
  LibraryVersion version;
  for (int* part : {&version.major, &version.minor, &version.patch}) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *part);
    if (error != std::errc{} || end == text.data() + text.size() || *end != '.') break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  }
  return version;
}

// The package's own word: xgboost/VERSION, beside or above the library.
LibraryVersion version_beside(const fs::path& library) {
  for (const auto& folder : {library.parent_path(), library.parent_path().parent_path()})
    if (auto text = io::read_file(folder / "VERSION", 100)) return parse_version(*text);
  return {};
}

}  // namespace

std::string LibraryVersion::text() const { return fmt::format("{}.{}.{}", major, minor, patch); }

Outcome<std::string> library_in(const std::string& environment_folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(environment_folder + "/lib", error)) {
    if (!entry.path().filename().string().starts_with("python3")) continue;
    for (const char* place : {"site-packages/xgboost/lib/libxgboost.so", "site-packages/xgboost/libxgboost.so"})
      if (auto path = entry.path() / place; io::exists(path)) return path.string();
  }
  // Old wheels bring it as data, which lands here.
  if (std::string path = environment_folder + "/xgboost/libxgboost.so"; io::exists(path)) return path;
  return make_error(ErrorKind::not_found, "The environment has no libxgboost.");
}

Outcome<std::shared_ptr<const Library>> Library::load(const std::string& path) {
  void* opened = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (!opened) {
    const char* why = dlerror();
    return internal("cannot load {}: {}", path, why ? why : "");
  }
  std::shared_ptr<Library> library(new Library);
  CHECK_OK(library->find_functions(opened));
  auto& version = library->version_;
  if (auto ask = library->functions_.version) {
    ask(&version.major, &version.minor, &version.patch);
  } else {
    version = version_beside(path);
  }
  return std::shared_ptr<const Library>(std::move(library));
}

Outcome<void> Library::find_functions(void* library) {
  Functions& f = functions_;
  find(library, "XGBGetLastError", f.last_error);
  find(library, "XGBRegisterLogCallback", f.register_log);
  find(library, "XGBoostVersion", f.version);
  find(library, "XGDMatrixFree", f.matrix_free);
  find(library, "XGDMatrixCreateFromMat", f.matrix_from_dense);
  find(library, "XGDMatrixCreateFromMat_omp", f.matrix_from_dense_threads);
  find(library, "XGDMatrixCreateFromCSREx", f.matrix_from_csr_ex);
  find(library, "XGDMatrixCreateFromCSR", f.matrix_from_csr);
  find(library, "XGDMatrixNumRow", f.matrix_rows);
  find(library, "XGDMatrixNumCol", f.matrix_columns);
  find(library, "XGDMatrixSetFloatInfo", f.matrix_set_floats);
  find(library, "XGDMatrixSetUIntInfo", f.matrix_set_unsigned);
  find(library, "XGBoosterCreate", f.booster_create);
  find(library, "XGBoosterFree", f.booster_free);
  find(library, "XGBoosterSetParam", f.booster_set_param);
  find(library, "XGBoosterUpdateOneIter", f.booster_update);
  find(library, "XGBoosterEvalOneIter", f.booster_eval);
  find(library, "XGBoosterLoadModel", f.booster_load_file);
  find(library, "XGBoosterSaveModel", f.booster_save_file);
  find(library, "XGBoosterLoadModelFromBuffer", f.booster_load_buffer);
  find(library, "XGBoosterGetModelRaw", f.booster_get_raw);
  find(library, "XGBoosterSaveModelToBuffer", f.booster_save_buffer);
  find(library, "XGBoosterSerializeToBuffer", f.booster_serialize);
  find(library, "XGBoosterUnserializeFromBuffer", f.booster_unserialize);
  find(library, "XGBoosterGetAttr", f.booster_get_attribute);
  find(library, "XGBoosterSetAttr", f.booster_set_attribute);
  find(library, "XGBoosterSaveJsonConfig", f.booster_save_config);
  find(library, "XGBoosterDumpModelEx", f.booster_dump);
  find(library, "XGBoosterDumpModelExWithFeatures", f.booster_dump_named);
  find(library, "XGBoosterPredictFromDMatrix", f.booster_predict_matrix);
  if (f.version) {
    find(library, "XGBoosterPredict", f.booster_predict);
  } else {
    find(library, "XGBoosterPredict", f.booster_predict_before_1);
  }
  // Of that name there was another one, with other arguments, until XGBoosterPredictFromDMatrix came.
  if (f.booster_predict_matrix) find(library, "XGBoosterPredictFromDense", f.booster_predict_dense);
  find(library, "XGBoosterSlice", f.booster_slice);
  find(library, "RabitInit", f.rabit_init);
  find(library, "RabitFinalize", f.rabit_finalize);
  find(library, "RabitGetRank", f.rabit_rank);
  find(library, "RabitGetWorldSize", f.rabit_size);
  find(library, "RabitAllreduce", f.rabit_allreduce);
  find(library, "XGBoosterLoadRabitCheckpoint", f.booster_load_checkpoint);
  find(library, "XGBoosterSaveRabitCheckpoint", f.booster_save_checkpoint);
  find(library, "XGCommunicatorInit", f.communicator_init);
  find(library, "XGCommunicatorFinalize", f.communicator_finalize);
  find(library, "XGCommunicatorGetRank", f.communicator_rank);
  find(library, "XGCommunicatorGetWorldSize", f.communicator_size);
  find(library, "XGCommunicatorAllreduce", f.communicator_allreduce);
  find(library, "XGTrackerCreate", f.tracker_create);
  find(library, "XGTrackerRun", f.tracker_run);
  find(library, "XGTrackerWorkerArgs", f.tracker_worker_arguments);
  find(library, "XGTrackerFree", f.tracker_free);
  if (!f.last_error || !f.matrix_from_dense || !(f.matrix_from_csr_ex || f.matrix_from_csr) || !f.booster_create ||
      !f.booster_load_buffer || !f.booster_set_param || !(f.booster_predict || f.booster_predict_before_1 || f.booster_predict_matrix))
    return internal("the library has not the functions of XGBoost");
  return {};
}

Error Library::last_error() const {
  const char* complaint = functions_.last_error();
  Error error = validation("{}", plain_message(complaint ? complaint : ""));
  error.detail = complaint ? complaint : "";
  return error;
}

Outcome<void> Library::send_log_to(void (*sink)(const char* message)) const {
  if (functions_.register_log && functions_.register_log(sink) != 0) return last_error();
  return {};
}

// "[18:40:13] /workspace/src/learner.cc:541: Check failed: a == b: what is wrong\nStack trace:\n  ..."
std::string plain_message(const std::string& complaint) {
  std::string_view text = complaint;
  text = text.substr(0, text.find("\nStack trace"));
  while (text.starts_with('[')) {
    const auto place = text.find("] ");
    if (place == std::string_view::npos) break;
    text.remove_prefix(place + 2);
  }
  // A source line: "<path>:<number>: ".
  if (const auto space = text.find(' '); space != std::string_view::npos && space > 1 && text[space - 1] == ':' &&
                                         text.substr(0, space).find_first_of("./\\") != std::string_view::npos)
    text.remove_prefix(space + 1);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
  return text.empty() ? "XGBoost gives no reason." : std::string(text);
}

}  // namespace clary::xgboost
