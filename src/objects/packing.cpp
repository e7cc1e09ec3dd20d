#include "objects/packing.hpp"

#include <cstdint>
#include <optional>

namespace clary::objects::index {

namespace {

void add_number(std::string& out, std::uint64_t number) {  // seven bits a byte, the lowest first
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(0x80 | (number & 0x7F));
  out += static_cast<char>(number);
}

void add_text(std::string& out, std::string_view text) {
  add_number(out, text.size());
  out += text;
}

std::optional<std::uint64_t> take_number(std::string_view& in) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; !in.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return number;
  }
  return std::nullopt;
}

std::optional<std::string> take_text(std::string_view& in) {
  auto size = take_number(in);
  if (!size || *size > in.size()) return std::nullopt;
  std::string text(in.substr(0, *size));
  in.remove_prefix(*size);
  return text;
}

}  // namespace

std::string pack(const std::map<std::string, std::string>& map) {
  std::string out;
  for (const auto& [key, value] : map) {
    add_text(out, key);
    add_text(out, value);
  }
  return out;
}

std::map<std::string, std::string> unpack(std::string_view packed) {
  std::map<std::string, std::string> map;
  while (!packed.empty()) {
    auto key = take_text(packed);
    auto value = take_text(packed);
    if (!key || !value) break;
    map.insert_or_assign(*std::move(key), *std::move(value));
  }
  return map;
}

std::string pack_parts(const std::vector<ObjectPart>& parts) {
  std::string out;
  for (const auto& part : parts) {
    add_number(out, static_cast<std::uint64_t>(part.number));
    add_number(out, part.size);
    add_text(out, part.checksum);
  }
  return out;
}

std::vector<ObjectPart> unpack_parts(std::string_view packed) {
  std::vector<ObjectPart> parts;
  while (!packed.empty()) {
    auto number = take_number(packed);
    auto size = take_number(packed);
    auto checksum = take_text(packed);
    if (!number || !size || !checksum) break;
    parts.push_back({static_cast<int>(*number), *size, *std::move(checksum)});
  }
  return parts;
}

}  // namespace clary::objects::index
