#include "model_server/onnx_model.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>

#include "io/site_packages.hpp"
#include "model_server/model_file.hpp"
#include "model_server/onnx_functions.hpp"

namespace clary::model_server {

namespace fs = std::filesystem;

namespace {

using Onnx = OnnxFunctions;

template <typename T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

struct OnnxInput {
  std::string name;
  OnnxElement element = OnnxElement::undefined;
  std::vector<std::int64_t> shape;  // the first is the rows
  std::size_t width = 0;            // columns that it takes; 0: any number
};

struct OnnxOutput {
  std::string name;
  OnnxKind kind = OnnxKind::unknown;
  OnnxElement element = OnnxElement::undefined;
  std::size_t width = 0;  // 0: not known
};

struct OnnxTensor {
  OnnxElement element = OnnxElement::undefined;
  std::vector<std::int64_t> shape;
};

Outcome<OnnxTensor> describe(const Onnx& onnx, const Onnx::TensorInfo* info) {
  OnnxTensor tensor;
  std::size_t count = 0;
  CHECK_OK(onnx.check(onnx.element(info, &tensor.element)));
  CHECK_OK(onnx.check(onnx.dimension_count(info, &count)));
  tensor.shape.resize(count);
  CHECK_OK(onnx.check(onnx.dimensions(info, tensor.shape.data(), count)));
  return tensor;
}

// Numbers a row: the sizes behind the first. 0: one of them is open.
std::size_t width_of(const std::vector<std::int64_t>& shape) {
  std::size_t width = 1;
  for (std::size_t at = 1; at < shape.size(); ++at) {
    if (shape[at] <= 0 || width > (std::size_t{1} << 31)) return 0;
    width *= static_cast<std::size_t>(shape[at]);
  }
  return width;
}

// Columns `first` to `first + width` of the rows as a tensor's numbers. False: one of them is not of that type.
template <typename To, typename From>
bool take_columns(std::span<const From> rows, std::size_t columns, std::size_t first, std::size_t width, std::vector<std::byte>& bytes) {
  bytes.resize(rows.size() / columns * width * sizeof(To));
  To* to = reinterpret_cast<To*>(bytes.data());
  for (std::size_t row = first; row < rows.size(); row += columns) {
    for (const From value : rows.subspan(row, width)) {
      if constexpr (std::is_integral_v<To>) {
        // Also false for what is missing.
        if (!(value >= static_cast<From>(std::numeric_limits<To>::min()) && value < -static_cast<From>(std::numeric_limits<To>::min())) || value != std::floor(value))
          return false;
      }
      *to++ = static_cast<To>(value);
    }
  }
  return true;
}

class OnnxModel : public Model {
 public:
  explicit OnnxModel(std::shared_ptr<const Onnx> onnx) : onnx_(std::move(onnx)) {}
  ~OnnxModel() override {
    if (session_) onnx_->release_session(session_);
    if (memory_) onnx_->release_memory_info(memory_);
    if (env_) onnx_->release_env(env_);
  }
  OnnxModel(const OnnxModel&) = delete;
  OnnxModel& operator=(const OnnxModel&) = delete;

  Outcome<void> open(const std::string& file) {
    constexpr int errors = 3, arena = 1, default_memory = 0;
    CHECK_OK(onnx_->check(onnx_->create_env(errors, "clary", &env_)));
    CHECK_OK(onnx_->check(onnx_->cpu_memory(arena, default_memory, &memory_)));
    Onnx::Options* options = nullptr;
    CHECK_OK(onnx_->check(onnx_->create_options(&options)));
    const Owned<Onnx::Options> owned(options, onnx_->release_options);
    // The threads that predict are ours.
    CHECK_OK(onnx_->check(onnx_->set_intra_threads(options, 1)));
    CHECK_OK(onnx_->check(onnx_->set_inter_threads(options, 1)));
    CHECK_OK(onnx_->check(onnx_->create_session(env_, file.c_str(), options, &session_)));
    CHECK_OK(read_inputs());
    CHECK_OK(choose_output());
    facts_.framework = "onnxruntime " + onnx_->version;
    facts_.lists = false;
    facts_.doubles = std::any_of(inputs_.begin(), inputs_.end(), [](const OnnxInput& input) { return input.element != OnnxElement::real; });
    facts_.input = inputs_.front().name;
    facts_.output = output_.name;
    facts_.width = output_.width;
    facts_.datatype = output_.element == OnnxElement::real64 ? "FP64" : output_.element == OnnxElement::real ? "FP32" : "INT64";
    return {};
  }

  const ModelFacts& facts() const override { return facts_; }
  Outcome<std::unique_ptr<Scorer>> scorer() const override;
  const Onnx& onnx() const { return *onnx_; }
  Onnx::Session* session() const { return session_; }
  const Onnx::MemoryInfo* memory() const { return memory_; }
  const std::vector<OnnxInput>& inputs() const { return inputs_; }
  const OnnxOutput& output() const { return output_; }
  // Rows of one call, where the model says how many.
  std::optional<std::size_t> fixed_rows() const { return fixed_rows_; }

 private:
  using NameOf = Onnx::Status* (*Onnx::*)(const Onnx::Session*, std::size_t, Onnx::Allocator*, char**);
  Outcome<std::string> name(NameOf of, std::size_t at) const {
    Onnx::Allocator* allocator = nullptr;
    char* text = nullptr;
    CHECK_OK(onnx_->check(onnx_->default_allocator(&allocator)));
    CHECK_OK(onnx_->check(((*onnx_).*of)(session_, at, allocator, &text)));
    std::string name = text;
    CHECK_OK(onnx_->check(onnx_->allocator_free(allocator, text)));
    return name;
  }

  Outcome<void> read_inputs() {
    std::size_t count = 0, columns = 0;
    CHECK_OK(onnx_->check(onnx_->input_count(session_, &count)));
    if (count == 0) return validation("The model has no input.");
    for (std::size_t at = 0; at < count; ++at) {
      OnnxInput input;
      TRY(input.name, name(&Onnx::input_name, at));
      Onnx::TypeInfo* type = nullptr;
      CHECK_OK(onnx_->check(onnx_->input_type(session_, at, &type)));
      const Owned<Onnx::TypeInfo> owned(type, onnx_->release_type_info);
      const Onnx::TensorInfo* info = nullptr;
      CHECK_OK(onnx_->check(onnx_->tensor_info(type, &info)));
      if (!info) return validation("The model's input {} is no tensor.", shown(input.name));
      TRY(OnnxTensor tensor, describe(*onnx_, info));
      input.element = tensor.element;
      input.shape = std::move(tensor.shape);
      input.width = width_of(input.shape);
      CHECK_OK(check_input(input, count));
      columns += input.width;
      inputs_.push_back(std::move(input));
    }
    if (columns > 0) facts_.columns = columns;
    return {};
  }

  Outcome<void> check_input(const OnnxInput& input, std::size_t count) {
    const std::string called = shown(input.name);
    if (input.element != OnnxElement::real && input.element != OnnxElement::real64 && input.element != OnnxElement::int64 &&
        input.element != OnnxElement::int32)
      return validation("The model's input {} is of none of the types that rows of numbers can be: float, double, int64, int32. Serve it with a script.", called);
    if (input.shape.empty()) return validation("The model's input {} takes a single number, no rows.", called);
    if (input.width == 0 && (count > 1 || input.shape.size() != 2))
      return validation("The model's input {} leaves its shape open beyond the number of rows. Serve it with a script.", called);
    if (input.shape.front() > 0) {
      const auto rows = static_cast<std::size_t>(input.shape.front());
      if (fixed_rows_ && *fixed_rows_ != rows) return validation("The model's inputs take different numbers of rows.");
      fixed_rows_ = rows;
    }
    return {};
  }

  Outcome<OnnxOutput> read_output(std::size_t at) const {
    OnnxOutput output;
    TRY(output.name, name(&Onnx::output_name, at));
    Onnx::TypeInfo* type = nullptr;
    CHECK_OK(onnx_->check(onnx_->output_type(session_, at, &type)));
    const Owned<Onnx::TypeInfo> owned(type, onnx_->release_type_info);
    CHECK_OK(onnx_->check(onnx_->kind_of_type(type, &output.kind)));
    const Onnx::TensorInfo* info = nullptr;
    CHECK_OK(onnx_->check(onnx_->tensor_info(type, &info)));
    if (output.kind == OnnxKind::tensor && info) {
      TRY(const OnnxTensor tensor, describe(*onnx_, info));
      output.element = tensor.element;
      output.width = width_of(tensor.shape);
    } else if (output.kind == OnnxKind::sequence) {
      output.element = OnnxElement::real;  // what the maps hold, looked at when they come
    }
    return output;
  }

  static int rank(const OnnxOutput& output) {
    const bool real = output.element == OnnxElement::real || output.element == OnnxElement::real64;
    if (output.kind == OnnxKind::tensor && real) return 0;
    if (output.kind == OnnxKind::sequence) return 1;
    const bool whole = output.element == OnnxElement::int64 || output.element == OnnxElement::int32;
    return output.kind == OnnxKind::tensor && whole ? 2 : 3;
  }

  Outcome<void> choose_output() {
    std::size_t count = 0;
    CHECK_OK(onnx_->check(onnx_->output_count(session_, &count)));
    for (std::size_t at = 0; at < count; ++at) {
      TRY(OnnxOutput output, read_output(at));
      if (at == 0 || rank(output) < rank(output_)) output_ = std::move(output);
    }
    if (count == 0 || rank(output_) > 2) return validation("The model has no output of numbers. Serve it with a script.");
    return {};
  }

  const std::shared_ptr<const Onnx> onnx_;
  Onnx::Env* env_ = nullptr;
  Onnx::MemoryInfo* memory_ = nullptr;
  Onnx::Session* session_ = nullptr;
  std::vector<OnnxInput> inputs_;
  OnnxOutput output_;
  std::optional<std::size_t> fixed_rows_;
  ModelFacts facts_;
};

class OnnxScorer : public Scorer {
 public:
  explicit OnnxScorer(const OnnxModel& model) : model_(model), onnx_(model.onnx()), buffers_(model.inputs().size()) {}

  Outcome<Scores> score(const Rows& rows) override {
    const ModelColumns& columns = model_.facts().columns;
    if (columns && rows.columns != *columns) return validation("The rows have {} columns; the model takes {}.", rows.columns, *columns);
    predicted_.clear();
    CHECK_OK(model_.facts().doubles ? score_all<double>(rows, rows.doubles, filled_doubles_) : score_all<float>(rows, rows.values, filled_));
    if (rows.count == 0 || predicted_.size() % rows.count != 0)
      return validation("The model gave {} numbers for {} rows.", predicted_.size(), rows.count);
    return Scores{predicted_, predicted_.size() / rows.count};
  }

 private:
  // What sparse rows leave out is 0, as everywhere but in XGBoost.
  template <typename T>
  Outcome<void> score_all(const Rows& rows, const std::vector<T>& given, std::vector<T>& filled) {
    if (!rows.sparse) return in_calls<T>(given, rows.columns, rows.count);
    filled.assign(rows.count * rows.columns, 0);
    for (std::size_t row = 0; row < rows.count; ++row)
      for (std::size_t at = rows.starts[row]; at < rows.starts[row + 1]; ++at) filled[row * rows.columns + rows.indices[at]] = given[at];
    return in_calls<T>(filled, rows.columns, rows.count);
  }

  template <typename T>
  Outcome<void> in_calls(std::span<const T> values, std::size_t columns, std::size_t count) {
    const std::size_t step = model_.fixed_rows().value_or(count);
    if (count % step != 0) return validation("The model takes {} rows at a time; there are {}.", step, count);
    for (std::size_t row = 0; row < count; row += step) CHECK_OK(call<T>(values.subspan(row * columns, step * columns), columns));
    return {};
  }

  template <typename T>
  Outcome<void> call(std::span<const T> values, std::size_t columns) {
    std::vector<Owned<Onnx::Value>> owned;
    std::vector<const Onnx::Value*> inputs;
    std::vector<const char*> names;
    std::size_t first = 0;
    for (std::size_t at = 0; at < model_.inputs().size(); ++at) {
      const OnnxInput& input = model_.inputs()[at];
      const std::size_t width = input.width > 0 ? input.width : columns;
      TRY(Onnx::Value* tensor, tensor_of(values, columns, first, width, at));
      owned.emplace_back(tensor, onnx_.release_value);
      inputs.push_back(tensor);
      names.push_back(input.name.c_str());
      first += width;
    }
    const char* wanted = model_.output().name.c_str();
    Onnx::Value* answer = nullptr;
    CHECK_OK(onnx_.check(onnx_.run(model_.session(), nullptr, names.data(), inputs.data(), inputs.size(), &wanted, 1, &answer)));
    const Owned<Onnx::Value> owned_answer(answer, onnx_.release_value);
    if (model_.output().kind == OnnxKind::tensor) return add_tensor(answer);
    return add_maps(answer);
  }

  template <typename T>
  Outcome<Onnx::Value*> tensor_of(std::span<const T> values, std::size_t columns, std::size_t first, std::size_t width, std::size_t at) {
    const OnnxInput& input = model_.inputs()[at];
    auto shape = input.shape;
    shape.front() = static_cast<std::int64_t>(values.size() / columns);
    if (input.width == 0) shape.back() = static_cast<std::int64_t>(width);
    Onnx::Value* tensor = nullptr;
    constexpr OnnxElement own = std::is_same_v<T, float> ? OnnxElement::real : OnnxElement::real64;
    if (width == columns && input.element == own) {
      // The library does not write to its inputs.
      CHECK_OK(onnx_.check(onnx_.create_tensor(model_.memory(), const_cast<T*>(values.data()), values.size_bytes(), shape.data(), shape.size(), own, &tensor)));
      return tensor;
    }
    auto& bytes = buffers_[at];
    bool whole = true;
    switch (input.element) {
      case OnnxElement::real: take_columns<float>(values, columns, first, width, bytes); break;
      case OnnxElement::real64: take_columns<double>(values, columns, first, width, bytes); break;
      case OnnxElement::int32: whole = take_columns<std::int32_t>(values, columns, first, width, bytes); break;
      default: whole = take_columns<std::int64_t>(values, columns, first, width, bytes);
    }
    if (!whole) return validation("The model's input {} takes whole numbers alone, and none may be missing.", shown(input.name));
    CHECK_OK(onnx_.check(onnx_.create_tensor(model_.memory(), bytes.data(), bytes.size(), shape.data(), shape.size(), input.element, &tensor)));
    return tensor;
  }

  template <typename T>
  void append(const void* data, std::size_t count) {
    const auto* numbers = static_cast<const T*>(data);
    predicted_.insert(predicted_.end(), numbers, numbers + count);
  }

  Outcome<void> add_tensor(Onnx::Value* value) {
    Onnx::TensorInfo* info = nullptr;
    CHECK_OK(onnx_.check(onnx_.value_info(value, &info)));
    const Owned<Onnx::TensorInfo> owned(info, onnx_.release_tensor_info);
    TRY(const OnnxTensor tensor, describe(onnx_, info));
    void* data = nullptr;
    const std::size_t count = std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::size_t{1},
                                              [](std::size_t all, std::int64_t size) { return all * static_cast<std::size_t>(std::max<std::int64_t>(size, 0)); });
    if (count == 0) return {};
    // Text has no data of this kind: it is asked for last.
    switch (tensor.element) {
      case OnnxElement::real:
      case OnnxElement::real64:
      case OnnxElement::int32:
      case OnnxElement::int64: break;
      default: return validation("The model's output {} holds no numbers.", shown(model_.output().name));
    }
    CHECK_OK(onnx_.check(onnx_.tensor_data(value, &data)));
    if (tensor.element == OnnxElement::real) append<float>(data, count);
    if (tensor.element == OnnxElement::real64) append<double>(data, count);
    if (tensor.element == OnnxElement::int32) append<std::int32_t>(data, count);
    if (tensor.element == OnnxElement::int64) append<std::int64_t>(data, count);
    return {};
  }

  // A map for each row, from class to probability, in the order of the classes.
  Outcome<void> add_maps(const Onnx::Value* list) {
    std::size_t count = 0;
    Onnx::Allocator* allocator = nullptr;
    CHECK_OK(onnx_.check(onnx_.default_allocator(&allocator)));
    CHECK_OK(onnx_.check(onnx_.part_count(list, &count)));
    for (std::size_t row = 0; row < count; ++row) {
      Onnx::Value *map = nullptr, *values = nullptr;
      CHECK_OK(onnx_.check(onnx_.part(list, static_cast<int>(row), allocator, &map)));
      const Owned<Onnx::Value> owned_map(map, onnx_.release_value);
      OnnxKind kind = OnnxKind::unknown;
      CHECK_OK(onnx_.check(onnx_.kind_of_value(map, &kind)));
      if (kind != OnnxKind::map) return validation("The model's output {} is no list of maps. Serve it with a script.", shown(model_.output().name));
      CHECK_OK(onnx_.check(onnx_.part(map, 1, allocator, &values)));  // 0: the keys
      const Owned<Onnx::Value> owned_values(values, onnx_.release_value);
      CHECK_OK(add_tensor(values));
    }
    return {};
  }

  const OnnxModel& model_;
  const Onnx& onnx_;
  std::vector<std::vector<std::byte>> buffers_;  // one an input
  std::vector<float> filled_;
  std::vector<double> filled_doubles_, predicted_;
};

Outcome<std::unique_ptr<Scorer>> OnnxModel::scorer() const { return std::unique_ptr<Scorer>(std::make_unique<OnnxScorer>(*this)); }

}  // namespace

Outcome<std::string> onnx_library(const std::string& environment_folder) {
  TRY(const std::string packages, io::site_packages(environment_folder));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(packages + "/onnxruntime/capi", error))
    if (entry.path().filename().string().starts_with("libonnxruntime.so.")) return entry.path().string();
  return make_error(ErrorKind::not_found, "The environment has no libonnxruntime.so.");
}

Outcome<std::unique_ptr<Model>> load_onnx(const std::string& folder, const std::string& library_path) {
  TRY(auto onnx, OnnxFunctions::load(library_path));
  TRY(const std::string file, model_file(folder, "model.onnx", ".onnx"));
  auto model = std::make_unique<OnnxModel>(std::move(onnx));
  CHECK_OK(model->open(file));
  return std::unique_ptr<Model>(std::move(model));
}

}  // namespace clary::model_server
