#include "meta/distribution.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace clary::meta {

namespace {

constexpr double finest_width = 0.02;  // of a bucket of level 1, in the logarithm
constexpr unsigned most_level = 24;    // beyond it a bucket would hold every double there is

double width_of(unsigned level) { return std::ldexp(finest_width, static_cast<int>(level) - 1); }

// The value that stands for the bucket of `value`: near its middle, so that it falls into the same bucket again, and into the right one of the
// next level (a bucket of which is two of this one).
double rounded(double value, unsigned level) {
  if (level == 0 || value == 0) return value;
  const double width = width_of(level);
  const double bucket = std::ceil(std::log(std::abs(value)) / width);
  const double middle = std::exp(std::clamp((bucket - 0.5) * width, -708.0, 709.0));  // of normal doubles
  return value < 0 ? -middle : middle;
}

template <typename T>
void append_raw(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

template <typename T>
bool take_raw(std::string_view& bytes, T& value) {
  if (bytes.size() < sizeof(T)) return false;
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return true;
}

}  // namespace

void Distribution::insert(double value, double count) {
  value = rounded(value, level_);
  auto place = std::lower_bound(entries_.begin(), entries_.end(), value, [](const Entry& entry, double sought) { return entry.value < sought; });
  if (place != entries_.end() && place->value == value) {
    place->count += count;
  } else {
    entries_.insert(place, {value, count});
  }
}

void Distribution::widen() {
  ++level_;
  std::vector<Entry> before = std::move(entries_);
  entries_.clear();
  for (const Entry& entry : before) {  // rounding keeps the order
    const double value = rounded(entry.value, level_);
    if (!entries_.empty() && entries_.back().value == value) {
      entries_.back().count += entry.count;
    } else {
      entries_.push_back({value, entry.count});
    }
  }
}

void Distribution::add(double value, double count) {
  insert(value, count);
  while (entries_.size() > most_entries && level_ < most_level) widen();
}

void Distribution::merge(const Distribution& other) {
  while (level_ < other.level_) widen();
  for (const Entry& entry : other.entries_) add(entry.value, entry.count);
}

double Distribution::percentile(double share) const {
  double total = 0;
  for (const Entry& entry : entries_) total += entry.count;
  const double place = std::max(0.0, share * (total - 1));
  double seen = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    seen += entries_[i].count;
    if (place >= seen) continue;
    // Samples of this value stand at the places up to seen - 1; after that one comes the next value's first.
    const double beyond = place - (seen - 1);
    if (beyond <= 0 || i + 1 == entries_.size()) return entries_[i].value;
    return entries_[i].value + beyond * (entries_[i + 1].value - entries_[i].value);
  }
  return entries_.back().value;
}

// The level; then for each entry its value and its count: whole counts below 255 in a byte, else the byte 255 and a double.
std::string Distribution::encode() const {
  std::string out(1, static_cast<char>(level_));
  for (const Entry& entry : entries_) {
    append_raw(out, entry.value);
    const bool small = entry.count < 255 && entry.count == std::floor(entry.count);
    out += static_cast<char>(small ? static_cast<std::uint8_t>(entry.count) : 255);
    if (!small) append_raw(out, entry.count);
  }
  return out;
}

std::optional<Distribution> Distribution::decode(std::string_view bytes) {
  Distribution made;
  if (bytes.empty()) return made;
  made.level_ = static_cast<unsigned char>(bytes.front());
  if (made.level_ > most_level) return std::nullopt;
  bytes.remove_prefix(1);
  while (!bytes.empty()) {
    Entry entry{};
    std::uint8_t count = 0;
    if (!take_raw(bytes, entry.value) || !take_raw(bytes, count)) return std::nullopt;
    entry.count = count;
    if (count == 255 && !take_raw(bytes, entry.count)) return std::nullopt;
    const bool ascends = made.entries_.empty() || made.entries_.back().value < entry.value;
    if (!ascends || !std::isfinite(entry.value) || !(entry.count > 0)) return std::nullopt;
    made.entries_.push_back(entry);
  }
  return made;
}

}  // namespace clary::meta
