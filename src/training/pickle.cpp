#include "training/pickle.hpp"

#include <bit>
#include <cstdint>
#include <fmt/format.h>
#include <limits>

namespace clary::training {

namespace {

// The opcodes that are needed, of protocol 3, and for a model beyond 4 GiB of protocol 4.
class Pickle {
 public:
  explicit Pickle(bool large) {
    text_ += '\x80';
    text_ += large ? '\x04' : '\x03';
  }

  void raw(std::string_view opcodes) { text_ += opcodes; }
  void global(std::string_view module, std::string_view name) { text_ += fmt::format("c{}\n{}\n", module, name); }
  void string(std::string_view value) {
    text_ += 'X';
    little_endian(value.size(), 4);
    text_ += value;
  }
  void bytes(std::string_view value) {
    const bool large = value.size() > std::numeric_limits<std::uint32_t>::max();
    text_ += large ? '\x8e' : 'B';
    little_endian(value.size(), large ? 8 : 4);
    text_ += value;
  }
  void integer(int value) {
    text_ += 'J';
    little_endian(static_cast<std::uint32_t>(value), 4);
  }
  void real(double value) {
    text_ += 'G';
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int shift = 56; shift >= 0; shift -= 8) text_ += static_cast<char>(bits >> shift & 0xFF);
  }
  std::string end() && { return std::move(text_) + '.'; }

 private:
  void little_endian(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) text_ += static_cast<char>(value >> (8 * i) & 0xFF);
  }

  std::string text_;
};

}  // namespace

std::string pickled_booster(const BoosterState& state) {
  Pickle pickle(state.model.size() > std::numeric_limits<std::uint32_t>::max());
  pickle.global("xgboost.core", "Booster");
  pickle.raw(")\x81}(");  // an empty tuple; a new object of it; its state, a dictionary, from here on
  pickle.string("feature_names");
  pickle.raw("](");
  for (std::size_t i = 0; i < state.columns; ++i) pickle.string(fmt::format("f{}", i));
  pickle.raw("e");
  pickle.string("feature_types");
  pickle.raw("N");
  pickle.string("handle");
  pickle.global("builtins", "bytearray");
  pickle.bytes(state.model);
  pickle.raw("\x85R");  // called with it
  if (!state.booster.empty()) {
    pickle.string("booster");
    pickle.string(state.booster);
  }
  if (state.best_score) {
    pickle.string("best_score");
    pickle.real(*state.best_score);
  }
  pickle.string("best_iteration");
  pickle.integer(state.best_iteration);
  pickle.string("best_ntree_limit");
  pickle.integer(state.best_ntree_limit);
  pickle.raw("ub");
  return std::move(pickle).end();
}

}  // namespace clary::training
