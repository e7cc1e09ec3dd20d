#include "base/rng.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/bytes.hpp"

namespace clary {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t done = 0; done < count;) {
    ssize_t got = getrandom(bytes.data() + done, count - done, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::uint64_t random_below(std::uint64_t bound) {
  // Rejection keeps it uniform: values of the last, incomplete block are drawn again.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = 0;
  do {
    std::memcpy(&value, random_bytes(sizeof value).data(), sizeof value);
  } while (value >= limit);
  return value % bound;
}

std::string random_alphanumeric(std::size_t length) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string text;
  text.reserve(length);
  while (text.size() < length) {
    for (unsigned char byte : random_bytes(length)) {
      if (byte < 248 && text.size() < length) text += alphabet[byte % 62];  // 248 = 4 * 62: no character is favoured
    }
  }
  return text;
}

std::string random_uuid() {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string text = to_hex(bytes);
  for (int at : {20, 16, 12, 8}) text.insert(static_cast<std::size_t>(at), 1, '-');
  return text;
}

}  // namespace clary
