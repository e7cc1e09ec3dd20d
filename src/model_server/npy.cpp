#include "model_server/npy.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace clary::model_server {

static_assert(std::endian::native == std::endian::little);

namespace {

template <typename T>
double load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return static_cast<double>(value);
}

double load_half(const char* at) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, at, sizeof bits);
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits >> 15 ? -1 : 1;
  if (exponent == 31) return fraction ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  return sign * (exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24));
}

struct Kind {
  const char* name;
  std::size_t size;
  double (*load)(const char*);
};
constexpr Kind kinds[] = {
    {"<f4", 4, load<float>},        {"<f8", 8, load<double>},        {"<f2", 2, load_half},           {"|i1", 1, load<std::int8_t>},
    {"|u1", 1, load<std::uint8_t>}, {"|b1", 1, load<std::uint8_t>},  {"<i2", 2, load<std::int16_t>},  {"<u2", 2, load<std::uint16_t>},
    {"<i4", 4, load<std::int32_t>}, {"<u4", 4, load<std::uint32_t>}, {"<i8", 8, load<std::int64_t>}, {"<u8", 8, load<std::uint64_t>},
};

Error broken() { return validation("The body is no array as numpy.save writes it."); }

// What stands behind `'key':` in the header, a Python dictionary of three keys.
std::string_view after_key(std::string_view header, std::string_view key) {
  const std::string quoted = "'" + std::string(key) + "':";
  const auto at = header.find(quoted);
  if (at == std::string_view::npos) return {};
  header.remove_prefix(at + quoted.size());
  while (header.starts_with(' ')) header.remove_prefix(1);
  return header;
}

// "(12, 5)", "(5,)"; nothing for what is no row and no table.
std::optional<std::vector<std::size_t>> read_shape(std::string_view text) {
  std::vector<std::size_t> shape;
  if (!text.starts_with('(')) return std::nullopt;
  text.remove_prefix(1);
  while (true) {
    while (text.starts_with(' ') || text.starts_with(',')) text.remove_prefix(1);
    if (text.starts_with(')')) break;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || shape.size() == 2) return std::nullopt;
    shape.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  if (shape.empty()) return std::nullopt;
  return shape;
}

}  // namespace

Outcome<std::unique_ptr<RowReader>> NpyReader::open(std::string_view body, ModelColumns model) {
  if (!body.starts_with("\x93NUMPY") || body.size() < 10 || body[6] < 1 || body[6] > 3) return broken();
  const std::size_t count_size = body[6] == 1 ? 2 : 4;
  if (body.size() < 8 + count_size) return broken();
  std::uint32_t length = 0;
  std::memcpy(&length, body.data() + 8, count_size);
  const std::size_t start = 8 + count_size;
  if (length > body.size() - start) return broken();
  const std::string_view header = body.substr(start, length);

  std::unique_ptr<NpyReader> reader(new NpyReader);
  reader->data_ = body.substr(start + length);
  const std::string_view type = after_key(header, "descr");
  for (const Kind& kind : kinds)
    if (type.starts_with('\'') && type.substr(1, 3) == kind.name && type.substr(4, 1) == "'") {
      reader->load_ = kind.load;
      reader->size_ = kind.size;
    }
  if (!reader->load_) return validation("The array is not of numbers that are taken: {}.", shown(type.substr(0, type.find_first_of(",}"))));
  reader->by_columns_ = after_key(header, "fortran_order").starts_with("True");
  const auto shape = read_shape(after_key(header, "shape"));
  if (!shape) return validation("The array is not of one or two dimensions.");
  reader->rows_ = shape->size() == 2 ? shape->front() : 1;
  reader->columns_ = shape->back();
  const std::size_t numbers = reader->data_.size() / reader->size_;
  if (reader->columns_ == 0 || reader->rows_ > numbers / reader->columns_) return validation("The array is cut off, or has no columns.");
  CHECK_OK(check_columns("The array", reader->columns_, model));
  return std::unique_ptr<RowReader>(std::move(reader));
}

Outcome<void> NpyReader::next(Rows& rows) {
  rows.clear();
  rows.sparse = false;
  rows.columns = columns_;
  for (; at_ < rows_ && rows.count < block; ++at_, ++rows.count) {
    for (std::size_t column = 0; column < columns_; ++column) {
      const std::size_t place = by_columns_ ? column * rows_ + at_ : at_ * columns_ + column;
      if (!rows.add(load_(data_.data() + place * size_))) return validation("row {}, column {}: infinity is not taken.", at_ + 1, column + 1);
    }
  }
  return {};
}

}  // namespace clary::model_server
