#include "search/index.hpp"

#include <unordered_set>

#include "meta/changes.hpp"
#include "search/find.hpp"

namespace clary::search {

namespace {

// Changes that are read before they are put in place together.
constexpr std::int64_t batch = 1000;

std::string key_of(std::string_view type, const Scope& scope) {
  return fmt::format("{}\n{}\n{}", type, scope.account, scope.region);
}

}  // namespace

Outcome<std::int64_t> Index::catch_up(meta::Store& store, const Read& read) {
  const std::int64_t version = version_;
  TRY(const meta::Ends ends, store.read(meta::ends_of_changes));
  if (ends.last <= place_) return version;
  std::lock_guard one_at_a_time(catching_up_);
  if (ends.last <= place_) return version_.load();  // by who had the lock before
  // Where the disk is full nothing can be sealed, and the same is read again by the next search.
  if (ends.last > ends.seal) (void)store.write(meta::seal_changes);
  // Within the lock: what is put in place is never older than what stands there.
  CHECK_OK(store.read([&](meta::Session& session) { return take_in(session, read); }));
  return version_.load();
}

Outcome<void> Index::take_in(meta::Session& session, const Read& read) {
  TRY(const meta::Ends ends, meta::ends_of_changes(session));
  for (std::int64_t place = place_; place < ends.last;) {
    TRY(meta::Changes news, meta::changes_since(session, place, batch));
    TRY(Changed changed, read_all(session, read, news.records));
    apply(changed);
    place = news.place;
    if (place <= ends.seal) place_ = place;
  }
  if (place_ < ends.seal) place_ = ends.seal;
  tidy();
  return {};
}

Outcome<Index::Changed> Index::read_all(meta::Session& session, const Read& read, const std::vector<std::int64_t>& records) const {
  Changed changed;
  std::unordered_set<std::int64_t> seen(records.begin(), records.end());
  std::vector<std::int64_t> next = records;
  while (!next.empty()) {
    std::vector<std::int64_t> others;
    for (std::int64_t id : next) {
      TRY(Reading reading, read(session, id));
      changed.emplace_back(id, std::move(reading.row));
      for (std::int64_t other : reading.others) {
        if (seen.insert(other).second) others.push_back(other);
      }
    }
    next = std::move(others);
  }
  return changed;
}

void Index::apply(const Changed& changed) {
  std::vector<std::int64_t> ids;
  for (const auto& [id, row] : changed) ids.push_back(id);
  answers_.forget(ids, ++version_);
  std::unique_lock lock(mutex_);
  for (const auto& [id, row] : changed) {
    if (row) {
      Table& table = tables_[key_of(row->type, row->scope)];
      table.put(id, row->values);
      table_of_[id] = &table;  // tables never move
    } else if (auto known = table_of_.find(id); known != table_of_.end()) {
      known->second->erase(id);
      table_of_.erase(known);
    }
  }
}

// Only this thread writes, so the new tables can be made while others search the old ones.
void Index::tidy() {
  for (auto& [key, table] : tables_) {
    if (!table.is_littered()) continue;
    Table tidy = table.tidied();
    std::unique_lock lock(mutex_);
    table = std::move(tidy);
  }
}

Found Index::find(std::string_view type, const Scope& scope, const Query& query) const {
  std::shared_lock lock(mutex_);
  auto table = tables_.find(key_of(type, scope));
  return table == tables_.end() ? Found{} : search::find(table->second, query);
}

std::vector<std::string> Index::properties(std::string_view type, const Scope& scope, std::string_view prefix, std::size_t limit) const {
  std::vector<std::string> names;
  std::shared_lock lock(mutex_);
  auto table = tables_.find(key_of(type, scope));
  if (table == tables_.end()) return names;
  table->second.each_column(prefix, [&](const std::string& name, const Column&) {
    names.push_back(name);
    return names.size() < limit;
  });
  return names;
}

std::size_t Index::bytes() const {
  std::shared_lock lock(mutex_);
  std::size_t sum = 0;
  for (const auto& [key, table] : tables_) sum += table.bytes();
  return sum;
}

}  // namespace clary::search
