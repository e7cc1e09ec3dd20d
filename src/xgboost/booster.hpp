// One model of the library: trained, loaded, saved, asked. Thread rule: a booster for each thread that asks one; shared by several, the library
// takes locks and slows down, or crashes in old versions. Invariant: what a call hands out as a span belongs to the booster, until its next call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xgboost/matrix.hpp"

namespace clary::xgboost {

struct Prediction {
  std::span<const float> values;  // row by row
  std::size_t width = 1;          // numbers a row: 1, or as many as there are classes
};

struct Evaluated {
  std::string name;  // "train"
  const Matrix* matrix;
};

class Booster {
 public:
  // `matrices` are those that it will be trained with and evaluated on, whose predictions it then keeps; they outlive it.
  static Outcome<Booster> create(std::shared_ptr<const Library> library, std::span<const Matrix* const> matrices = {});
  Booster(Booster&& other) noexcept;
  Booster& operator=(Booster&& other) noexcept;
  ~Booster();

  Outcome<void> set_parameter(const std::string& name, const std::string& value);
  // One round of boosting; and what the library says of it: "[0]\ttrain-error:0.01\tvalidation-error:0.02".
  Outcome<void> update(int iteration, const Matrix& train);
  Outcome<std::string> evaluate(int iteration, std::span<const Evaluated> sets);

  // Its first rounds alone; nothing where version or model cannot be cut.
  Outcome<std::optional<Booster>> first_rounds(int rounds) const;

  // A saved model in any form that this version reads.
  Outcome<void> load(std::string_view bytes);
  Outcome<void> load_file(const std::string& path);
  // In the form that the path's ending means to this version: .json, .ubj, else its default.
  Outcome<void> save_file(const std::string& path);
  // "ubj", "json" or "deprecated" (the old binary); before 1.6 it is the old binary whatever is asked for.
  Outcome<std::string> save(const std::string& form);
  // What Python's pickle of a booster holds: from 1.0 on with its parameters, before that the old binary.
  Outcome<std::string> serialize();
  Outcome<void> unserialize(std::string_view bytes);

  Outcome<std::optional<std::string>> attribute(const std::string& name) const;
  Outcome<void> set_attribute(const std::string& name, const std::string& value);
  // Its parameters as JSON; nothing before 1.0.
  Outcome<std::optional<std::string>> config() const;
  // The trees as text, one each: "text" or "json".
  Outcome<std::vector<std::string>> dump(const std::string& form) const;
  // The same, as JSON, with each column called by its number and taken for a quantity, whatever the model calls it.
  Outcome<std::vector<std::string>> dump_by_number(std::size_t columns) const;

  // `rounds`: of boosting that are asked, 0 for all; before 1.4 it counts trees. `margin`: before the objective's transformation.
  Outcome<Prediction> predict(const Matrix& matrix, unsigned rounds = 0, bool margin = false);
  // Without a matrix, quicker for few rows; not_implemented where version or model cannot.
  Outcome<Prediction> predict_dense(std::span<const float> values, std::size_t columns, unsigned rounds = 0);

  Handle handle() const { return handle_; }

 private:
  Booster(std::shared_ptr<const Library> library, Handle handle) : library_(std::move(library)), handle_(handle) {}
  Outcome<std::string> copied(int failed, const char* data, Length size) const;
  const std::string& predict_config(unsigned rounds, bool margin);

  std::shared_ptr<const Library> library_;
  Handle handle_ = nullptr;
  std::string config_;  // of predictions, for config_rounds_ and config_margin_
  unsigned config_rounds_ = 0;
  bool config_margin_ = false;
};

}  // namespace clary::xgboost
