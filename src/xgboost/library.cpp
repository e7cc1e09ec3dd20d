#include "xgboost/library.hpp"

#include <charconv>
#include <filesystem>

#include "io/file.hpp"
#include "io/site_packages.hpp"

namespace clary::xgboost {

namespace fs = std::filesystem;

namespace {

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
  if (const auto packages = io::site_packages(environment_folder)) {
    for (const char* place : {"/xgboost/lib/libxgboost.so", "/xgboost/libxgboost.so"})
      if (std::string path = *packages + place; io::exists(path)) return path;
  }
  // Old wheels bring it as data, which lands here.
  if (std::string path = environment_folder + "/xgboost/libxgboost.so"; io::exists(path)) return path;
  return make_error(ErrorKind::not_found, "The environment has no libxgboost.");
}

Outcome<std::shared_ptr<const Library>> Library::load(const std::string& path) {
  TRY(const auto opened, io::SharedLibrary::load(path));
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

Outcome<void> Library::find_functions(const io::SharedLibrary& library) {
  Functions& f = functions_;
  library.find("XGBGetLastError", f.last_error);
  library.find("XGBRegisterLogCallback", f.register_log);
  library.find("XGBoostVersion", f.version);
  library.find("XGDMatrixFree", f.matrix_free);
  library.find("XGDMatrixCreateFromMat", f.matrix_from_dense);
  library.find("XGDMatrixCreateFromMat_omp", f.matrix_from_dense_threads);
  library.find("XGDMatrixCreateFromCSREx", f.matrix_from_csr_ex);
  library.find("XGDMatrixCreateFromCSR", f.matrix_from_csr);
  library.find("XGDMatrixNumRow", f.matrix_rows);
  library.find("XGDMatrixNumCol", f.matrix_columns);
  library.find("XGDMatrixSetFloatInfo", f.matrix_set_floats);
  library.find("XGDMatrixSetUIntInfo", f.matrix_set_unsigned);
  library.find("XGBoosterCreate", f.booster_create);
  library.find("XGBoosterFree", f.booster_free);
  library.find("XGBoosterSetParam", f.booster_set_param);
  library.find("XGBoosterUpdateOneIter", f.booster_update);
  library.find("XGBoosterEvalOneIter", f.booster_eval);
  library.find("XGBoosterLoadModel", f.booster_load_file);
  library.find("XGBoosterSaveModel", f.booster_save_file);
  library.find("XGBoosterLoadModelFromBuffer", f.booster_load_buffer);
  library.find("XGBoosterGetModelRaw", f.booster_get_raw);
  library.find("XGBoosterSaveModelToBuffer", f.booster_save_buffer);
  library.find("XGBoosterSerializeToBuffer", f.booster_serialize);
  library.find("XGBoosterUnserializeFromBuffer", f.booster_unserialize);
  library.find("XGBoosterGetAttr", f.booster_get_attribute);
  library.find("XGBoosterSetAttr", f.booster_set_attribute);
  library.find("XGBoosterSaveJsonConfig", f.booster_save_config);
  library.find("XGBoosterDumpModelEx", f.booster_dump);
  library.find("XGBoosterDumpModelExWithFeatures", f.booster_dump_named);
  library.find("XGBoosterPredictFromDMatrix", f.booster_predict_matrix);
  if (f.version) {
    library.find("XGBoosterPredict", f.booster_predict);
  } else {
    library.find("XGBoosterPredict", f.booster_predict_before_1);
  }
  // Of that name there was another one, with other arguments, until XGBoosterPredictFromDMatrix came.
  if (f.booster_predict_matrix) library.find("XGBoosterPredictFromDense", f.booster_predict_dense);
  library.find("XGBoosterSlice", f.booster_slice);
  library.find("RabitInit", f.rabit_init);
  library.find("RabitFinalize", f.rabit_finalize);
  library.find("RabitGetRank", f.rabit_rank);
  library.find("RabitGetWorldSize", f.rabit_size);
  library.find("RabitAllreduce", f.rabit_allreduce);
  library.find("XGBoosterLoadRabitCheckpoint", f.booster_load_checkpoint);
  library.find("XGBoosterSaveRabitCheckpoint", f.booster_save_checkpoint);
  library.find("XGCommunicatorInit", f.communicator_init);
  library.find("XGCommunicatorFinalize", f.communicator_finalize);
  library.find("XGCommunicatorGetRank", f.communicator_rank);
  library.find("XGCommunicatorGetWorldSize", f.communicator_size);
  library.find("XGCommunicatorAllreduce", f.communicator_allreduce);
  library.find("XGTrackerCreate", f.tracker_create);
  library.find("XGTrackerRun", f.tracker_run);
  library.find("XGTrackerWorkerArgs", f.tracker_worker_arguments);
  library.find("XGTrackerFree", f.tracker_free);
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
