#include "search/answers.hpp"

namespace clary::search {

Answers::Text Answers::find(std::int64_t id) {
  std::lock_guard lock(mutex_);
  auto known = places_.find(id);
  if (known == places_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, known->second);
  return known->second->text;
}

void Answers::keep(std::int64_t id, Text text, std::int64_t version) {
  std::lock_guard lock(mutex_);
  if (version != version_ || places_.contains(id) || text->size() > limit_ / 8) return;
  bytes_ += text->size();
  kept_.push_front({id, std::move(text)});
  places_[id] = kept_.begin();
  while (bytes_ > limit_) drop(kept_.back().id);
}

void Answers::drop(std::int64_t id) {
  auto known = places_.find(id);
  if (known == places_.end()) return;
  bytes_ -= known->second->text->size();
  kept_.erase(known->second);
  places_.erase(known);
}

std::size_t Answers::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace clary::search
