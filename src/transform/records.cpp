#include "transform/records.hpp"

#include <algorithm>
#include <cstring>

#include "objects/crc.hpp"

namespace clary::transform {

namespace {

constexpr std::size_t read_size = 256 * 1024;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::uint32_t recordio_magic = 0xced7230a;

// As TFRecord stores a sum: rotated, and moved by a constant.
std::uint32_t masked_crc(std::string_view data) {
  const auto crc = static_cast<std::uint32_t>(objects::Crc::crc32c().update(0, data));
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

}  // namespace

RecordReader::RecordReader(Split split, io::ByteSource source, std::size_t longest)
    : split_(split), source_(std::move(source)), longest_(longest) {}

Outcome<std::optional<Record>> RecordReader::next() {
  begin_ += std::exchange(taken_, 0);
  if (!std::exchange(started_, true) && split_ == Split::line) {
    TRY(const bool enough, fill(byte_order_mark.size()));
    if (enough && at(0, byte_order_mark.size()) == byte_order_mark) begin_ += byte_order_mark.size();
  }
  switch (split_) {
    case Split::line: return next_line();
    case Split::recordio: return next_recordio();
    case Split::tfrecord: return next_tfrecord();
    case Split::none: break;
  }
  return whole();
}

// False: the file has ended.
Outcome<bool> RecordReader::read_more() {
  if (at_end_) return false;
  if (begin_ > 0 && end_ + read_size > buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, held());
    end_ = held();
    begin_ = 0;
  }
  if (end_ + read_size > buffer_.size()) buffer_.resize(std::max(end_ + read_size, buffer_.size() * 2));
  TRY(const std::size_t got, source_(buffer_.data() + end_, read_size));
  end_ += got;
  at_end_ = got == 0;
  return !at_end_;
}

Outcome<bool> RecordReader::fill(std::size_t size) {
  while (held() < size) {
    TRY(const bool more, read_more());
    if (!more) return false;
  }
  return true;
}

std::uint32_t RecordReader::word(std::size_t offset) const {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(buffer_[begin_ + offset + i]);
  return value;
}

Error RecordReader::too_long() const {
  return validation("it is larger than the {} bytes that a payload may have (MaxPayloadInMB)", longest_);
}

RecordReader::Result RecordReader::next_line() {
  std::size_t searched = 0;
  while (true) {
    const char* start = buffer_.data() + begin_;
    const auto* found =
        searched < held() ? static_cast<const char*>(std::memchr(start + searched, '\n', held() - searched)) : nullptr;
    if (found == nullptr && held() <= longest_) {
      searched = held();
      TRY(const bool more, read_more());
      if (more) continue;
    }
    const std::size_t size = found != nullptr ? static_cast<std::size_t>(found - start) + 1 : held();
    if (size == 0) return std::optional<Record>();
    ++number_;
    if (size > longest_) return too_long();
    std::string_view raw = at(0, size), data = raw;
    if (data.ends_with('\n')) data.remove_suffix(1);
    if (data.ends_with('\r')) data.remove_suffix(1);
    if (data.empty()) {
      ++empty_lines_;
      begin_ += size;
      searched = 0;
      continue;
    }
    taken_ = size;
    return std::optional(Record{raw, data});
  }
}

// A frame: the magic number, three bits that say which part of a record it is and 29 of its length, the bytes, and
// padding up to a multiple of four. A record that holds the magic number itself is cut there into parts.
RecordReader::Result RecordReader::next_recordio() {
  enum Part : std::uint32_t { all = 0, first = 1, middle = 2, last = 3 };
  std::size_t used = 0;
  bool inside = false;
  joined_.clear();
  while (true) {
    TRY(const bool header, fill(used + 8));
    if (!header && used == 0 && held() == 0) return std::optional<Record>();
    if (!inside) ++number_;
    if (!header) return validation("the file ends within the header of a RecordIO record");
    if (word(used) != recordio_magic) return validation("it does not begin with the magic number of RecordIO");
    const std::uint32_t part = word(used + 4) >> 29;
    const std::size_t length = word(used + 4) & 0x1fffffff, padded = (length + 3) / 4 * 4;
    const bool begins = part == all || part == first;
    if (part > last || begins == inside) return validation("its parts are not in the order of RecordIO");
    if (used + 8 + padded > longest_) return too_long();
    TRY(const bool body, fill(used + 8 + padded));
    if (!body) return validation("the file ends within a RecordIO record");
    if (part == all) {
      taken_ = 8 + padded;
      return std::optional(Record{at(0, taken_), at(8, length)});
    }
    if (part != first) joined_.append("\x0a\x23\xd7\xce", 4);
    joined_.append(at(used + 8, length));
    used += 8 + padded;
    inside = true;
    if (part == last) {
      taken_ = used;
      return std::optional(Record{at(0, used), joined_});
    }
  }
}

// The length as 64 bits and its sum, the bytes and theirs.
RecordReader::Result RecordReader::next_tfrecord() {
  constexpr std::size_t head = 12, foot = 4;
  TRY(const bool header, fill(head));
  if (!header && held() == 0) return std::optional<Record>();
  ++number_;
  if (!header) return validation("the file ends within the header of a TFRecord");
  if (word(8) != masked_crc(at(0, 8))) return validation("the checksum of its length is wrong: the file is no TFRecord");
  const std::uint64_t length = static_cast<std::uint64_t>(word(4)) << 32 | word(0);
  if (length > longest_ || length + head + foot > longest_) return too_long();
  const auto size = static_cast<std::size_t>(length);
  TRY(const bool body, fill(head + size + foot));
  if (!body) return validation("the file ends within a TFRecord");
  if (word(head + size) != masked_crc(at(head, size))) return validation("the checksum of its bytes is wrong");
  taken_ = head + size + foot;
  return std::optional(Record{at(0, taken_), at(head, size)});
}

RecordReader::Result RecordReader::whole() {
  while (held() <= longest_) {
    TRY(const bool more, read_more());
    if (!more) break;
  }
  if (held() == 0) return std::optional<Record>();
  ++number_;
  if (held() > longest_) return too_long();
  taken_ = held();
  return std::optional(Record{at(0, taken_), at(0, taken_)});
}

}  // namespace clary::transform
