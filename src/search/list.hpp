// A list of structures in one text: its elements' values one after the other, each with the number of its element and its path in it ("TrialName",
// "DataSource.S3DataSource.S3Uri"; empty: the element itself). So a filter below a list reads it without parsing, once for each distinct list.
// Plain values, any thread. Invariant: what ListWriter wrote each_value() tells in the same order.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace clary::search {

struct ListValue {
  std::uint32_t element = 0;
  std::string_view path;
  bool is_text = false;
  std::string_view text;
  double number = 0;
  // Whether it is the property of that path, or of one below it; an empty path is that of all.
  bool is_at(std::string_view property) const {
    return property.empty() || (path.starts_with(property) && (path.size() == property.size() || path[property.size()] == '.'));
  }
};

class ListWriter {
 public:
  void add(std::uint32_t element, std::string_view path, std::string_view text) {
    head(element, path, text.size());
    bytes_ += text;
  }
  void add(std::uint32_t element, std::string_view path, double number) {
    head(element, path, number_size);
    put(number);
  }
  const std::string& bytes() const { return bytes_; }

  static constexpr std::uint32_t number_size = 0xFFFF'FFFF;  // in place of a text's size

 private:
  void head(std::uint32_t element, std::string_view path, std::size_t size) {
    put(element);
    put(static_cast<std::uint32_t>(path.size()));
    bytes_ += path;
    put(static_cast<std::uint32_t>(size));
  }
  template <typename T>
  void put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  std::string bytes_;
};

// Until `visit` returns false.
template <typename F>
void each_value(std::string_view list, F&& visit) {
  auto take = [&](auto& value) {
    std::memcpy(&value, list.data(), sizeof(value));
    list.remove_prefix(sizeof(value));
  };
  while (!list.empty()) {
    ListValue value;
    std::uint32_t size = 0;
    take(value.element);
    take(size);
    value.path = list.substr(0, size);
    list.remove_prefix(size);
    take(size);
    value.is_text = size != ListWriter::number_size;
    if (value.is_text) {
      value.text = list.substr(0, size);
      list.remove_prefix(size);
    } else {
      take(value.number);
    }
    if (!visit(value)) return;
  }
}

}  // namespace clary::search
