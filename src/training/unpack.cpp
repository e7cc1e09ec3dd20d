#include "training/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <memory>

#include "io/gunzip.hpp"
#include "training/parquet_file.hpp"

namespace clary::training {

namespace {

Error damaged() {
  return validation("a compressed page of it is damaged");
}

Outcome<std::string> unpack_zstd(std::string_view packed, std::size_t size) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(reader.get(), packed.data(), packed.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
    return damaged();
  std::string bytes(size, '\0');
  std::size_t at = 0;
  while (at < size) {
    const la_ssize_t got = archive_read_data(reader.get(), bytes.data() + at, size - at);
    if (got <= 0) return damaged();
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

// A cursor over snappy's stream.
struct Snappy {
  std::string_view left;
  bool number(std::size_t bytes, std::size_t& value) {
    if (left.size() < bytes) return false;
    value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value |= std::size_t{static_cast<unsigned char>(left[i])} << (8 * i);
    left.remove_prefix(bytes);
    return true;
  }
};

bool copy_back(std::string& bytes, std::size_t size, std::size_t length, std::size_t distance) {
  if (distance == 0 || distance > bytes.size() || length > size - bytes.size()) return false;
  for (; length > 0; --length) bytes += bytes[bytes.size() - distance];  // the copy may overlap itself
  return true;
}

bool add_literal(Snappy& stream, std::string& bytes, std::size_t size, std::size_t tag) {
  std::size_t length = tag >> 2;
  if (length >= 60 && !stream.number(length - 59, length)) return false;
  ++length;
  if (length > stream.left.size() || length > size - bytes.size()) return false;
  bytes += stream.left.substr(0, length);
  stream.left.remove_prefix(length);
  return true;
}

}  // namespace

Outcome<std::string> unpack_snappy(std::string_view packed, std::size_t size) {
  Snappy stream{packed};
  std::size_t told = 0, part = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (!stream.number(1, part)) return damaged();
    told |= (part & 0x7F) << shift;
    if ((part & 0x80) == 0) break;
  }
  if (told != size) return damaged();
  std::string bytes;
  bytes.reserve(std::min(size, packed.size() * 64));
  while (bytes.size() < size) {
    std::size_t tag = 0, more = 0;
    if (!stream.number(1, tag)) return damaged();
    bool good = false;
    switch (tag & 3) {
      case 0: good = add_literal(stream, bytes, size, tag); break;
      case 1:
        good = stream.number(1, more) && copy_back(bytes, size, (tag >> 2 & 7) + 4, (tag >> 5) << 8 | more);
        break;
      case 2: good = stream.number(2, more) && copy_back(bytes, size, (tag >> 2) + 1, more); break;
      default: good = stream.number(4, more) && copy_back(bytes, size, (tag >> 2) + 1, more); break;
    }
    if (!good) return damaged();
  }
  return bytes;
}

Outcome<std::string> unpack_page(int codec, std::string_view packed, std::size_t size) {
  if (size == 0) return std::string();  // of nothing but missing values; writers differ in what they pack it into
  switch (static_cast<ParquetCodec>(codec)) {
    case ParquetCodec::none:
      if (packed.size() != size) return damaged();
      return std::string(packed);
    case ParquetCodec::snappy: return unpack_snappy(packed, size);
    case ParquetCodec::gzip: {
      auto bytes = io::gunzip(packed, size);
      if (!bytes || bytes->size() != size) return damaged();
      return bytes;
    }
    case ParquetCodec::zstd:
      if (!packed.starts_with("\x28\xB5\x2F\xFD")) return damaged();
      return unpack_zstd(packed, size);
  }
  return validation(
      "it is compressed in a way that is not served here: please write it with snappy, gzip, zstd or none");
}

}  // namespace clary::training
