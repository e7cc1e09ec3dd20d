#include "training/thrift.hpp"

namespace clary::training {

namespace {
constexpr int deepest_structure = 32;
}

std::uint8_t Thrift::byte() {
  if (broken_ || at_ >= bytes_.size()) {
    broken_ = true;
    return 0;
  }
  return static_cast<std::uint8_t>(bytes_[at_++]);
}

std::uint64_t Thrift::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t part = byte();
    value |= std::uint64_t{part & 0x7Fu} << shift;
    if ((part & 0x80) == 0) return value;
  }
  broken_ = true;
  return 0;
}

std::int64_t Thrift::number() {
  const std::uint64_t value = varint();
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::string_view Thrift::text() {
  const std::uint64_t size = varint();
  if (broken_ || size > bytes_.size() - at_) {
    broken_ = true;
    return {};
  }
  const auto found = bytes_.substr(at_, size);
  at_ += size;
  return found;
}

void Thrift::structure(const std::function<void(int id, Type type)>& field) {
  if (++depth_ > deepest_structure) broken_ = true;
  std::int64_t id = 0;
  while (!broken_) {
    const std::uint8_t head = byte();
    const auto type = static_cast<Type>(head & 0x0F);
    if (type == Type::stop) break;
    id = head >> 4 ? id + (head >> 4) : number();
    if (type > Type::structure || id < 0 || id > 0x7FFF) broken_ = true;
    if (broken_) break;
    const std::size_t before = at_;
    field(static_cast<int>(id), type);
    if (at_ == before) skip(type);
  }
  --depth_;
}

void Thrift::list(const std::function<void(Type type)>& element) {
  const std::uint8_t head = byte();
  const auto type = static_cast<Type>(head & 0x0F);
  const std::uint64_t size = head >> 4 == 15 ? varint() : head >> 4;
  for (std::uint64_t i = 0; i < size && !broken_; ++i) {
    const std::size_t before = at_;
    element(type);
    if (at_ == before) broken_ = true;  // an element has at least a byte
  }
}

void Thrift::skip(Type type) {
  switch (type) {
    case Type::stop:
    case Type::yes:
    case Type::no: return;
    case Type::byte: (void)byte(); return;
    case Type::i16:
    case Type::i32:
    case Type::i64: (void)varint(); return;
    case Type::real:
      for (int i = 0; i < 8; ++i) (void)byte();
      return;
    case Type::text: (void)text(); return;
    case Type::list:
    case Type::set: return skip_elements();
    case Type::map: broken_ = true; return;  // Parquet has none
    case Type::structure: return structure([](int, Type) {});
  }
  broken_ = true;
}

void Thrift::skip_elements() {
  if (++depth_ > deepest_structure) broken_ = true;
  list([this](Type element) {
    if (element == Type::yes || element == Type::no) {
      (void)byte();
    } else {
      skip(element);
    }
  });
  --depth_;
}

}  // namespace clary::training
