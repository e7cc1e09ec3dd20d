#include "xgboost/booster.hpp"

#include <utility>

#include "xgboost/array_text.hpp"

namespace clary::xgboost {

namespace {

Prediction shaped(const float* values, const Length* shape, Length dimensions) {
  std::size_t size = 1;
  for (Length i = 0; i < dimensions; ++i) size *= shape[i];
  const std::size_t rows = dimensions == 0 ? 0 : shape[0];
  return {{values, dimensions == 0 ? 0 : size}, rows == 0 ? 1 : size / rows};
}

}  // namespace

Outcome<Booster> Booster::create(std::shared_ptr<const Library> library, std::span<const Matrix* const> matrices) {
  std::vector<Handle> handles;
  for (const Matrix* matrix : matrices) handles.push_back(matrix->handle());
  Handle handle = nullptr;
  if (library->call().booster_create(handles.data(), handles.size(), &handle)) return library->last_error();
  return Booster(std::move(library), handle);
}

Booster::Booster(Booster&& other) noexcept
    : library_(std::move(other.library_)),
      handle_(std::exchange(other.handle_, nullptr)),
      config_(std::move(other.config_)),
      config_rounds_(other.config_rounds_),
      config_margin_(other.config_margin_) {}

Booster& Booster::operator=(Booster&& other) noexcept {
  std::swap(library_, other.library_);
  std::swap(handle_, other.handle_);
  config_.clear();
  return *this;
}

Booster::~Booster() {
  if (handle_) library_->call().booster_free(handle_);
}

Outcome<void> Booster::set_parameter(const std::string& name, const std::string& value) {
  if (library_->call().booster_set_param(handle_, name.c_str(), value.c_str())) return library_->last_error();
  return {};
}

Outcome<void> Booster::update(int iteration, const Matrix& train) {
  if (library_->call().booster_update(handle_, iteration, train.handle())) return library_->last_error();
  return {};
}

Outcome<std::string> Booster::evaluate(int iteration, std::span<const Evaluated> sets) {
  std::vector<Handle> handles;
  std::vector<const char*> names;
  for (const auto& set : sets) {
    handles.push_back(set.matrix->handle());
    names.push_back(set.name.c_str());
  }
  const char* text = nullptr;
  if (library_->call().booster_eval(handle_, iteration, handles.data(), names.data(), handles.size(), &text)) return library_->last_error();
  return std::string(text);
}

Outcome<std::optional<Booster>> Booster::first_rounds(int rounds) const {
  Handle cut = nullptr;
  if (!library_->call().booster_slice || library_->call().booster_slice(handle_, 0, rounds, 1, &cut)) return std::optional<Booster>();
  return std::optional<Booster>(Booster(library_, cut));
}

Outcome<void> Booster::load(std::string_view bytes) {
  if (library_->call().booster_load_buffer(handle_, bytes.data(), bytes.size())) return library_->last_error();
  return {};
}

Outcome<void> Booster::load_file(const std::string& path) {
  if (library_->call().booster_load_file(handle_, path.c_str())) return library_->last_error();
  return {};
}

Outcome<void> Booster::save_file(const std::string& path) {
  if (library_->call().booster_save_file(handle_, path.c_str())) return library_->last_error();
  return {};
}

Outcome<std::string> Booster::copied(int failed, const char* data, Length size) const {
  if (failed) return library_->last_error();
  return std::string(data, size);
}

Outcome<std::string> Booster::save(const std::string& form) {
  Length size = 0;
  const char* data = nullptr;
  const Functions& call = library_->call();
  const int failed = call.booster_save_buffer
                         ? call.booster_save_buffer(handle_, fmt::format(R"({{"format":"{}"}})", form).c_str(), &size, &data)
                         : call.booster_get_raw(handle_, &size, &data);
  return copied(failed, data, size);
}

Outcome<std::string> Booster::serialize() {
  Length size = 0;
  const char* data = nullptr;
  const Functions& call = library_->call();
  const int failed = call.booster_serialize ? call.booster_serialize(handle_, &size, &data) : call.booster_get_raw(handle_, &size, &data);
  return copied(failed, data, size);
}

Outcome<void> Booster::unserialize(std::string_view bytes) {
  const Functions& call = library_->call();
  if (!call.booster_unserialize) return load(bytes);
  if (call.booster_unserialize(handle_, bytes.data(), bytes.size())) return library_->last_error();
  return {};
}

Outcome<std::optional<std::string>> Booster::attribute(const std::string& name) const {
  const char* value = nullptr;
  int found = 0;
  if (library_->call().booster_get_attribute(handle_, name.c_str(), &value, &found)) return library_->last_error();
  if (!found) return std::optional<std::string>();
  return std::optional<std::string>(value);
}

Outcome<void> Booster::set_attribute(const std::string& name, const std::string& value) {
  if (library_->call().booster_set_attribute(handle_, name.c_str(), value.c_str())) return library_->last_error();
  return {};
}


Outcome<std::optional<std::string>> Booster::config() const {
  if (!library_->call().booster_save_config) return std::optional<std::string>();
  Length size = 0;
  const char* text = nullptr;
  if (library_->call().booster_save_config(handle_, &size, &text)) return library_->last_error();
  return std::optional<std::string>(std::string(text, size));
}

Outcome<std::vector<std::string>> Booster::dump(const std::string& form) const {
  Length count = 0;
  const char** trees = nullptr;
  if (library_->call().booster_dump(handle_, "", 0, form.c_str(), &count, &trees)) return library_->last_error();
  return std::vector<std::string>(trees, trees + count);
}

Outcome<std::vector<std::string>> Booster::dump_by_number(std::size_t columns) const {
  std::vector<std::string> numbers;
  for (std::size_t column = 0; column < columns; ++column) numbers.push_back(std::to_string(column));
  std::vector<const char*> names, types(columns, "q");
  for (const auto& number : numbers) names.push_back(number.c_str());
  Length count = 0;
  const char** trees = nullptr;
  if (library_->call().booster_dump_named(handle_, static_cast<int>(columns), names.data(), types.data(), 0, "json", &count, &trees))
    return library_->last_error();
  return std::vector<std::string>(trees, trees + count);
}

const std::string& Booster::predict_config(unsigned rounds, bool margin) {
  if (config_.empty() || rounds != config_rounds_ || margin != config_margin_) {
    config_ = fmt::format(
        R"({{"type":{},"training":false,"iteration_begin":0,"iteration_end":{},"strict_shape":false,"missing":NaN,"cache_id":0}})",
        margin ? 1 : 0, rounds);
    config_rounds_ = rounds;
    config_margin_ = margin;
  }
  return config_;
}

Outcome<Prediction> Booster::predict(const Matrix& matrix, unsigned rounds, bool margin) {
  const Functions& call = library_->call();
  const float* values = nullptr;
  if (call.booster_predict_matrix) {
    const Length* shape = nullptr;
    Length dimensions = 0;
    if (call.booster_predict_matrix(handle_, matrix.handle(), predict_config(rounds, margin).c_str(), &shape, &dimensions, &values))
      return library_->last_error();
    return shaped(values, shape, dimensions);
  }
  Length size = 0;
  const int failed = call.booster_predict_before_1
                         ? call.booster_predict_before_1(handle_, matrix.handle(), margin ? 1 : 0, rounds, &size, &values)
                         : call.booster_predict(handle_, matrix.handle(), margin ? 1 : 0, rounds, 0, &size, &values);
  if (failed) return library_->last_error();
  TRY(const std::uint64_t rows, matrix.rows());
  return Prediction{{values, size}, rows == 0 ? 1 : size / rows};
}

Outcome<Prediction> Booster::predict_dense(std::span<const float> values, std::size_t columns, unsigned rounds) {
  const Functions& call = library_->call();
  if (!call.booster_predict_dense) return make_error(ErrorKind::not_implemented, "This version predicts from matrices alone.");
  const float* predicted = nullptr;
  const Length* shape = nullptr;
  Length dimensions = 0;
  if (call.booster_predict_dense(handle_, array_text(values, columns).c_str(), predict_config(rounds, false).c_str(), nullptr, &shape,
                                 &dimensions, &predicted))
    return library_->last_error();
  return shaped(predicted, shape, dimensions);
}

}  // namespace clary::xgboost
