// Records as they are answered, kept from one search to the next: of a page's costs the documents of its records are the greatest. Owned by the
// index, which tells it what has changed. Thread rule: any thread. Invariant: of a record that has changed after a text was made of it no search that
// has caught up sees that text; at most `limit` bytes are kept, those used last.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace clary::search {

class Answers {
 public:
  using Text = std::shared_ptr<const std::string>;
  explicit Answers(std::size_t limit) : limit_(limit) {}

  Text find(std::int64_t id);  // null: not kept
  // `version` is the index's (Index::catch_up) before the text was made: where it has gone on since, nothing is kept.
  void keep(std::int64_t id, Text text, std::int64_t version);
  // The records have changed: the index goes on to `version`. Before the index tells of the change to anyone.
  template <typename Ids>
  void forget(const Ids& ids, std::int64_t version) {
    std::lock_guard lock(mutex_);
    version_ = version;
    for (std::int64_t id : ids) drop(id);
  }
  std::size_t bytes() const;

 private:
  struct Kept {
    std::int64_t id;
    Text text;
  };
  void drop(std::int64_t id);

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::int64_t version_ = 0;
  std::list<Kept> kept_;  // the one used last in front
  std::unordered_map<std::int64_t, std::list<Kept>::iterator> places_;
  std::size_t bytes_ = 0;
};

}  // namespace clary::search
