// Where a request breaks its model, told in AWS's words: "2 validation errors detected: Value null at 'roleArn' failed to satisfy
// constraint: Member must not be null; ...". Filled by the readers (what is missing) and by validate() (what is wrong).
// Owned by one call. Thread rule: one thread. Invariant: paths are written as AWS writes them ('resourceConfig.instanceCount', 'tags.2.member.key').
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "wire/shape.hpp"

namespace clary::wire {

// A structure takes some hundred bytes, and "{}" two, or one in CBOR: a reader stops here, long after any request that means something.
inline constexpr std::size_t most_structures = 200'000;

// The place that a walker has reached: a chain on the walkers' own stack.
struct Path {
  const Path* outer = nullptr;
  std::string_view member{};  // a structure's member
  std::size_t index = 0;      // a list's element, from 1
  std::string_view key{};     // a map's entry
  std::string str() const;
  std::string query_name() const;  // "MetricData.member.1.MetricName"
};

class Violations {
 public:
  void add(const std::string& value, const Path& path, const std::string& constraint);
  void missing(const Path& path);
  // Whether missing() was told of this place: there is no value there to check.
  bool is_missing(const Path& path) const { return !missing_.empty() && missing_.contains(path.str()); }
  bool empty() const { return found_.empty(); }
  // The query protocol's name of the first that missing() was told of; empty: of none.
  const std::string& first_missing() const { return first_missing_; }
  // The error of all that was found; nothing when there was nothing.
  Outcome<void> result() const;

 private:
  std::vector<std::string> found_;
  std::set<std::string> missing_;
  std::string first_missing_;
};

// Checks lengths, ranges, patterns and enumerations of a structure and all that is in it.
void validate(const Shape& shape, const void* value, Violations& violations);

}  // namespace clary::wire
