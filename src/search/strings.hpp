// Texts, each kept once and known by a number. Owned by a table. Thread rule: as the table's. Invariant: a number stands for one text for as long as
// its Strings live; nothing is ever taken out (a table that has grown too much of it is made anew).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace clary::search {

class Strings {
 public:
  std::uint32_t intern(std::string_view text);
  std::optional<std::uint32_t> find(std::string_view text) const;
  std::string_view text(std::uint32_t id) const { return entries_[id]; }
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }  // of all texts together

 private:
  std::size_t slot_of(std::string_view text) const;
  std::string_view keep(std::string_view text);
  void grow();

  std::vector<std::string_view> entries_;
  std::vector<std::uint32_t> slots_;  // a hash table of numbers + 1; 0: free
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t left_ = 0;  // in the last block
  char* next_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace clary::search
