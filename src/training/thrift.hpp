// Thrift's compact protocol, read: the form of Parquet's metadata. A cursor over bytes that stay; after the first mistake it
// reads nothing but zeros, and broken() says so. Thread rule: one thread. Invariant: nothing is read beyond the bytes, and no
// nesting is followed deeper than 32 structures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace clary::training {

class Thrift {
 public:
  explicit Thrift(std::string_view bytes) : bytes_(bytes) {}

  enum class Type : std::uint8_t {
    stop = 0,
    yes = 1,
    no = 2,
    byte = 3,
    i16 = 4,
    i32 = 5,
    i64 = 6,
    real = 7,
    text = 8,
    list = 9,
    set = 10,
    map = 11,
    structure = 12
  };

  // Calls `field` for each field of a structure; what it does not read is passed over.
  void structure(const std::function<void(int id, Type type)>& field);
  // Calls `element` for each one of a list.
  void list(const std::function<void(Type type)>& element);
  std::int64_t number();
  std::string_view text();
  static bool truth(Type type) { return type == Type::yes; }

  bool broken() const { return broken_; }
  std::size_t position() const { return at_; }

 private:
  std::uint8_t byte();
  std::uint64_t varint();
  void skip(Type type);
  void skip_elements();

  std::string_view bytes_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool broken_ = false;
};

}  // namespace clary::training
