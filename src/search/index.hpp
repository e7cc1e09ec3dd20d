// The index of Search: the properties of all records that can be searched, in memory, a table for each type, account and region. It is made of the
// database alone: catch_up() brings it to the present by what has changed since (meta/changes.hpp), so there is nothing to keep in step. Owned by
// the composition root. Thread rule: any thread, outside of transactions; searches run side by side, one thread at a time catches up. Invariant:
// after catch_up() the index knows all that was written before it; it may know later changes too.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arn.hpp"
#include "meta/store.hpp"
#include "search/answers.hpp"
#include "search/query.hpp"
#include "search/table.hpp"

namespace clary::search {

// A record as the index keeps it.
struct Row {
  std::string type;
  Scope scope;
  Values values;
};
struct Reading {
  std::optional<Row> row;            // none for a record that is gone, or not searched for
  std::vector<std::int64_t> others;  // records whose values are made of this one's too: they are read anew after it
};

class Index {
 public:
  using Read = std::function<Outcome<Reading>(meta::Session&, std::int64_t record)>;

  // The first may take seconds. Who waits for it holds none of the store's connections. Answers the version of the index, for Answers::keep().
  Outcome<std::int64_t> catch_up(meta::Store& store, const Read& read);
  Found find(std::string_view type, const Scope& scope, const Query& query) const;
  // At most `limit` of the properties that the type's records have and that begin with the prefix, in order.
  std::vector<std::string> properties(std::string_view type, const Scope& scope, std::string_view prefix, std::size_t limit) const;
  Answers& answers() { return answers_; }
  std::size_t bytes() const;

 private:
  static constexpr std::size_t answer_bytes = 32 << 20;
  using Changed = std::vector<std::pair<std::int64_t, std::optional<Row>>>;
  Outcome<void> take_in(meta::Session& session, const Read& read);
  Outcome<Changed> read_all(meta::Session& session, const Read& read, const std::vector<std::int64_t>& records) const;
  void apply(const Changed& changed);
  void tidy();

  std::mutex catching_up_;
  std::atomic<std::int64_t> place_ = 0;    // in the sequence of changes: what stands up to here need not be read again
  std::atomic<std::int64_t> version_ = 0;  // how often something was put in place
  mutable std::shared_mutex mutex_;        // of what follows
  std::unordered_map<std::string, Table> tables_;
  std::unordered_map<std::int64_t, Table*> table_of_;
  Answers answers_{answer_bytes};
};

}  // namespace clary::search
