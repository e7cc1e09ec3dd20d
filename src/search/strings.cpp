#include "search/strings.hpp"

#include <cstring>
#include <functional>

namespace clary::search {

namespace {

constexpr std::size_t block_size = 64 << 10;

}  // namespace

std::size_t Strings::slot_of(std::string_view text) const {
  std::size_t slot = std::hash<std::string_view>{}(text) & (slots_.size() - 1);
  while (slots_[slot] != 0 && entries_[slots_[slot] - 1] != text) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

std::optional<std::uint32_t> Strings::find(std::string_view text) const {
  if (slots_.empty()) return std::nullopt;
  const std::uint32_t found = slots_[slot_of(text)];
  return found == 0 ? std::nullopt : std::optional(found - 1);
}

std::uint32_t Strings::intern(std::string_view text) {
  if ((entries_.size() + 1) * 3 > slots_.size() * 2) grow();
  const std::size_t slot = slot_of(text);
  if (slots_[slot] != 0) return slots_[slot] - 1;
  entries_.push_back(keep(text));
  slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  return slots_[slot] - 1;
}

std::string_view Strings::keep(std::string_view text) {
  bytes_ += text.size();
  if (text.size() > block_size / 4) {  // one of its own, before the one that is being filled
    auto own = std::make_unique<char[]>(text.size());
    std::memcpy(own.get(), text.data(), text.size());
    std::string_view kept(own.get(), text.size());
    blocks_.push_back(std::move(own));
    return kept;
  }
  if (text.size() > left_) {
    blocks_.push_back(std::make_unique<char[]>(block_size));
    next_ = blocks_.back().get();
    left_ = block_size;
  }
  if (!text.empty()) std::memcpy(next_, text.data(), text.size());
  std::string_view kept(next_, text.size());
  next_ += text.size();
  left_ -= text.size();
  return kept;
}

void Strings::grow() {
  slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
  for (std::uint32_t id = 0; id < entries_.size(); ++id) slots_[slot_of(entries_[id])] = id + 1;
}

}  // namespace clary::search
