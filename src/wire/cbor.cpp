#include "wire/cbor.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace clary::wire {

namespace {

constexpr int deepest = 64;  // as in JSON

enum Major : unsigned { unsigned_integer, negative_integer, byte_string, text_string, array, map, tag, simple };
constexpr std::uint64_t value_false = 20, value_true = 21, value_null = 22, value_undefined = 23;
constexpr unsigned half_float = 25, single_float = 26, double_float = 27, indefinite = 31;
constexpr char break_byte = '\xff';

Error serialization(std::string message) { return aws_error(ErrorKind::validation, "SerializationException", "{}", message); }
Error malformed(std::string_view why) { return serialization(fmt::format("The request body is not valid CBOR: {}", why)); }

struct Head {
  unsigned major = 0, info = 0;
  std::uint64_t value = 0;  // a length, a number, a tag, or a float's bits
  bool is_null() const { return major == simple && info < 24 && (value == value_null || value == value_undefined); }
  bool is_float() const { return major == simple && info >= half_float && info <= double_float; }
};

std::string_view name_of(const Head& head) {
  constexpr std::string_view names[] = {"An integer", "An integer", "A byte string", "A text string",
                                        "An array",   "A map",      "A tagged value"};
  if (head.major != simple) return names[head.major];
  return head.is_float() ? "A float" : head.is_null() ? "Null" : "A boolean";
}

Error mismatch(const Head& head, std::string_view wanted) { return serialization(fmt::format("{} can not be converted to {}", name_of(head), wanted)); }

double half_to_double(std::uint64_t bits) {
  const int exponent = static_cast<int>(bits >> 10 & 0x1f);
  const auto fraction = static_cast<double>(bits & 0x3ff);
  const double size = exponent == 0    ? std::ldexp(fraction, -24)
                      : exponent == 31 ? (fraction == 0 ? HUGE_VAL : std::numeric_limits<double>::quiet_NaN())
                                       : std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

double float_of(const Head& head) {
  if (head.info == half_float) return half_to_double(head.value);
  if (head.info == single_float) return std::bit_cast<float>(static_cast<std::uint32_t>(head.value));
  return std::bit_cast<double>(head.value);
}

class Reader {
 public:
  Reader(std::string_view bytes, Violations& violations) : rest_(bytes), violations_(violations) {}

  Outcome<void> document(const Shape& shape, void* structure) {
    TRY(const Head head, next());
    CHECK_OK(read(shape, structure, head, Path{}, 0));
    if (!rest_.empty()) return malformed("there are bytes behind the document");
    return {};
  }

 private:
  Outcome<Head> next() {
    if (rest_.empty()) return malformed("it ends early");
    const unsigned first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    Head head{first >> 5, first & 0x1f, first & 0x1f};
    if (head.info < 24) return check(head);
    if (head.info == indefinite) {
      if (head.major < byte_string || head.major > map) return malformed("only strings, arrays and maps may be of indefinite length");
      return head;
    }
    if (head.info > double_float) return malformed(fmt::format("byte {:#04x} begins nothing", first));
    const std::size_t size = std::size_t{1} << (head.info - 24);
    if (rest_.size() < size) return malformed("it ends early");
    head.value = 0;
    for (std::size_t i = 0; i < size; ++i) head.value = head.value << 8 | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(size);
    return check(head);
  }
  static Outcome<Head> check(const Head& head) {
    const bool constant = head.info < 24 && head.value >= value_false && head.value <= value_undefined;
    const bool known = head.major != simple || head.info >= half_float || constant;
    if (!known) return malformed(fmt::format("the simple value {} has no meaning here", head.value));
    return head;
  }

  // Whether an array or map goes on; takes the break of one of indefinite length.
  Outcome<bool> more(const Head& head, std::uint64_t done) {
    if (head.info != indefinite) return done < head.value;
    if (rest_.empty()) return malformed("it ends early");
    if (rest_.front() != break_byte) return true;
    rest_.remove_prefix(1);
    return false;
  }

  Outcome<std::string> string(const Head& head) {
    std::string all;
    if (head.info != indefinite) {
      CHECK_OK(take(head.value, all));
    } else {
      while (true) {
        TRY(const bool goes_on, more(head, 0));
        if (!goes_on) break;
        TRY(const Head chunk, next());
        if (chunk.major != head.major || chunk.info == indefinite) return malformed("a string's chunk is no string of definite length");
        CHECK_OK(take(chunk.value, all));
      }
    }
    if (head.major == text_string && !is_valid_utf8(all)) return malformed("a text string is not UTF-8");
    return all;
  }
  Outcome<void> take(std::uint64_t size, std::string& to) {
    if (size > rest_.size()) return malformed("it ends early");
    to.append(rest_.substr(0, static_cast<std::size_t>(size)));
    rest_.remove_prefix(static_cast<std::size_t>(size));
    return {};
  }

  Outcome<void> skip(const Head& head, int depth) {
    if (depth > deepest) return too_deep();
    if (head.major == byte_string || head.major == text_string) {
      CHECK_OK(string(head));
    } else if (head.major == tag) {
      TRY(const Head tagged, next());
      return skip(tagged, depth + 1);
    } else if (head.major == array || head.major == map) {
      for (std::uint64_t done = 0;; ++done) {
        TRY(const bool goes_on, more(head, done));
        if (!goes_on) break;
        if (head.major == map) CHECK_OK(key());
        TRY(const Head element, next());
        CHECK_OK(skip(element, depth + 1));
      }
    }
    return {};
  }
  static Error too_deep() { return malformed(fmt::format("it is nested deeper than {}", deepest)); }

  Outcome<std::string> key() {
    TRY(const Head head, next());
    if (head.major != text_string) return malformed("a map's key is no text string");
    return string(head);
  }

  Outcome<void> read(const Shape& shape, void* target, const Head& head, const Path& path, int depth) {
    if (depth > deepest) return too_deep();
    switch (shape.kind) {
      case Kind::string: {
        if (head.major != text_string) return mismatch(head, "a String");
        TRY(*static_cast<std::string*>(target), string(head));
        return {};
      }
      case Kind::blob: {
        if (head.major != byte_string) return mismatch(head, "a Blob");
        TRY(static_cast<Bytes*>(target)->data, string(head));
        return {};
      }
      case Kind::integer: return read_integer(*static_cast<std::int64_t*>(target), head);
      case Kind::real: return read_real(*static_cast<double*>(target), head, "a Double");
      case Kind::boolean:
        if (head.major != simple || head.is_float() || head.is_null()) return mismatch(head, "a Boolean");
        *static_cast<bool*>(target) = head.value == value_true;
        return {};
      case Kind::timestamp: return read_time(*static_cast<Time*>(target), head);
      case Kind::list: return read_list(shape, target, head, path, depth);
      case Kind::map: return read_map(shape, target, head, path, depth);
      case Kind::structure: return read_structure(shape, target, head, path, depth);
    }
    return {};
  }

  static Outcome<void> read_integer(std::int64_t& target, const Head& head) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (head.major == unsigned_integer || head.major == negative_integer) {
      if (head.value > most) return serialization("the number is out of range");
      target = head.major == unsigned_integer ? static_cast<std::int64_t>(head.value) : -1 - static_cast<std::int64_t>(head.value);
      return {};
    }
    const double number = head.is_float() ? float_of(head) : std::numeric_limits<double>::quiet_NaN();
    if (std::floor(number) != number || std::abs(number) >= 9.2e18) return mismatch(head, "an Integer");  // nor NaN
    target = static_cast<std::int64_t>(number);
    return {};
  }

  static Outcome<void> read_real(double& target, const Head& head, std::string_view wanted) {
    if (head.is_float()) {
      target = float_of(head);
    } else if (head.major == unsigned_integer) {
      target = static_cast<double>(head.value);
    } else if (head.major == negative_integer) {
      target = -1 - static_cast<double>(head.value);
    } else {
      return mismatch(head, wanted);
    }
    return {};
  }

  Outcome<void> read_time(Time& target, const Head& head) {
    if (head.major != tag || head.value != 1) return mismatch(head, "a Timestamp");
    TRY(const Head number, next());
    double seconds = 0;
    CHECK_OK(read_real(seconds, number, "a Timestamp"));
    if (!(std::abs(seconds) < 2.6e11)) return serialization("the timestamp is out of range");  // beyond the year 9999
    target = Time::from_seconds(seconds);
    return {};
  }

  Outcome<void> read_list(const Shape& shape, void* target, const Head& head, const Path& path, int depth) {
    if (head.major != array) return mismatch(head, "a List");
    for (std::uint64_t done = 0;; ++done) {
      TRY(const bool goes_on, more(head, done));
      if (!goes_on) return {};
      TRY(const Head element, next());
      if (element.is_null()) continue;
      CHECK_OK(read(*shape.element, shape.ops->append(target), element, Path{&path, {}, static_cast<std::size_t>(done) + 1, {}}, depth + 1));
    }
  }

  Outcome<void> read_map(const Shape& shape, void* target, const Head& head, const Path& path, int depth) {
    if (head.major != map) return mismatch(head, "a Map");
    for (std::uint64_t done = 0;; ++done) {
      TRY(const bool goes_on, more(head, done));
      if (!goes_on) return {};
      TRY(const std::string name, key());
      TRY(const Head element, next());
      if (element.is_null()) continue;
      const std::size_t before = shape.ops->size(target);
      void* place = shape.ops->insert(target, name);
      if (shape.ops->size(target) == before) return malformed("a map has a key twice");
      CHECK_OK(read(*shape.element, place, element, Path{&path, {}, 0, name}, depth + 1));
    }
  }

  Outcome<void> read_structure(const Shape& shape, void* target, const Head& head, const Path& path, int depth) {
    if (head.major != map) return mismatch(head, "an Object");
    if (++structures_ > most_structures) return serialization(fmt::format("The request body has more than {} objects", most_structures));
    std::vector<bool> seen(shape.fields.size());
    for (std::uint64_t done = 0;; ++done) {
      TRY(const bool goes_on, more(head, done));
      if (!goes_on) break;
      TRY(const std::string name, key());
      TRY(const Head member, next());
      std::size_t place = 0;
      while (place < seen.size() && shape.fields[place].name != name) ++place;
      if (place == seen.size() || member.is_null()) {
        CHECK_OK(skip(member, depth + 1));
        continue;
      }
      if (seen[place]) return malformed("a map has a key twice");
      seen[place] = true;
      const Field& field = shape.fields[place];
      CHECK_OK(read(*field.shape, make(field, target), member, Path{&path, field.name, 0, {}}, depth + 1));
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (shape.fields[i].required && !seen[i]) violations_.missing(Path{&path, shape.fields[i].name, 0, {}});
    }
    return {};
  }

  std::string_view rest_;
  Violations& violations_;
  std::size_t structures_ = 0;
};

void write_bits(std::uint64_t bits, int size, std::string& out) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 0xff);
}

void write_head(Major major, std::uint64_t value, std::string& out) {
  const auto begin = static_cast<unsigned char>(major << 5U);
  if (value < 24) {
    out += static_cast<char>(begin | value);
    return;
  }
  const int log = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
  out += static_cast<char>(begin | (24 + log));
  write_bits(value, 1 << log, out);
}

void write_integer(std::int64_t value, std::string& out) {
  if (value >= 0) return write_head(unsigned_integer, static_cast<std::uint64_t>(value), out);
  write_head(negative_integer, static_cast<std::uint64_t>(-1 - value), out);
}

void write_real(double value, std::string& out) {
  out += static_cast<char>(simple << 5U | double_float);
  write_bits(std::bit_cast<std::uint64_t>(value), 8, out);
}

void write_time(Time time, std::string& out) {
  write_head(tag, 1, out);
  const std::int64_t millis = time.millis();
  if (millis % 1000 == 0) return write_integer(millis / 1000, out);
  write_real(static_cast<double>(millis) / 1000, out);
}

void write_structure(const Shape& shape, const void* value, std::string& out) {
  std::size_t present = 0;
  for (const Field& field : shape.fields) present += get(field, value) != nullptr;
  write_cbor_map(present, out);
  for (const Field& field : shape.fields) {
    const void* member = get(field, value);
    if (member == nullptr) continue;
    write_cbor_text(field.name, out);
    write_cbor(*field.shape, member, out);
  }
}

}  // namespace

void write_cbor_map(std::size_t entries, std::string& out) { write_head(map, entries, out); }

void write_cbor_text(std::string_view text, std::string& out) {
  write_head(text_string, text.size(), out);
  out += text;
}

void write_cbor(const Shape& shape, const void* value, std::string& out) {
  switch (shape.kind) {
    case Kind::string: return write_cbor_text(*static_cast<const std::string*>(value), out);
    case Kind::integer: return write_integer(*static_cast<const std::int64_t*>(value), out);
    case Kind::real: return write_real(*static_cast<const double*>(value), out);
    case Kind::boolean: out += static_cast<char>(simple << 5U | (*static_cast<const bool*>(value) ? value_true : value_false)); return;
    case Kind::timestamp: return write_time(*static_cast<const Time*>(value), out);
    case Kind::blob: {
      const std::string& data = static_cast<const Bytes*>(value)->data;
      write_head(byte_string, data.size(), out);
      out += data;
      return;
    }
    case Kind::structure: return write_structure(shape, value, out);
    case Kind::list:
      write_head(array, shape.ops->size(value), out);
      for (std::size_t i = 0; i < shape.ops->size(value); ++i) write_cbor(*shape.element, shape.ops->at(value, i), out);
      return;
    case Kind::map:
      write_cbor_map(shape.ops->size(value), out);
      shape.ops->each(value, [&](const std::string& key, const void* inner) {
        write_cbor_text(key, out);
        write_cbor(*shape.element, inner, out);
      });
  }
}

Outcome<void> read_cbor(const Shape& shape, void* structure, std::string_view document, Violations& violations) {
  constexpr std::string_view nothing = "\xa0";
  return Reader(document.empty() ? nothing : document, violations).document(shape, structure);
}

}  // namespace clary::wire
