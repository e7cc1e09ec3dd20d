#include "training/parquet.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "training/failure.hpp"
#include "training/parquet_file.hpp"
#include "training/run_lengths.hpp"
#include "training/unpack.hpp"

namespace clary::training {

namespace {

constexpr float no_value = std::numeric_limits<float>::quiet_NaN();

Error damaged_page() {
  return validation("a page of it is damaged");
}

template <typename Number>
void convert(std::string_view bytes, std::size_t count, std::vector<float>& values) {
  for (std::size_t i = 0; i < count; ++i) {
    Number number;
    std::memcpy(&number, bytes.data() + i * sizeof number, sizeof number);
    values.push_back(static_cast<float>(number));
  }
}

bool is_unsigned(const ParquetColumn& column) {
  return column.converted >= 11 && column.converted <= 14;  // UINT_8 to UINT_64
}

Outcome<void> add_plain(const ParquetColumn& column, std::string_view bytes, std::size_t count,
                        std::vector<float>& values) {
  const auto type = static_cast<ParquetType>(column.type);
  const std::size_t size = type == ParquetType::int32 || type == ParquetType::real32 ? 4 : 8;
  if (type == ParquetType::boolean) {
    if (bytes.size() * 8 < count) return damaged_page();
    for (std::size_t i = 0; i < count; ++i)
      values.push_back(static_cast<float>(static_cast<unsigned char>(bytes[i / 8]) >> (i % 8) & 1));
    return {};
  }
  if (bytes.size() / size < count) return damaged_page();
  if (type == ParquetType::real32) {
    convert<float>(bytes, count, values);
  } else if (type == ParquetType::real64) {
    convert<double>(bytes, count, values);
  } else if (type == ParquetType::int32) {
    is_unsigned(column) ? convert<std::uint32_t>(bytes, count, values) : convert<std::int32_t>(bytes, count, values);
  } else {
    is_unsigned(column) ? convert<std::uint64_t>(bytes, count, values) : convert<std::int64_t>(bytes, count, values);
  }
  return {};
}

Outcome<void> check_number(const ParquetColumn& column) {
  const auto type = static_cast<ParquetType>(column.type);
  const bool number = type == ParquetType::boolean || type == ParquetType::int32 || type == ParquetType::int64 ||
                      type == ParquetType::real32 || type == ParquetType::real64;
  const bool plain = column.converted == -1 || (column.converted >= 11 && column.converted <= 18);  // UINT_8 to INT_64
  if (number && plain && column.is_number) return {};
  return validation("the column {} holds no numbers", printable(column.name));
}

// One column's values in one row group.
class ColumnReader {
 public:
  ColumnReader(const ParquetColumn& column, const ParquetChunk& chunk, std::string_view pages)
      : column_(column), chunk_(chunk), pages_(pages) {}

  Outcome<std::vector<float>> read() {
    while (values_.size() < static_cast<std::size_t>(chunk_.values)) {
      TRY(const ParquetPage page, read_parquet_page(pages_));
      pages_.remove_prefix(page.header);
      const std::string_view packed = pages_.substr(0, static_cast<std::size_t>(page.packed));
      pages_.remove_prefix(packed.size());
      CHECK_OK(take(page, packed));
    }
    return std::move(values_);
  }

 private:
  Outcome<void> take(const ParquetPage& page, std::string_view packed) {
    const auto unpacked = static_cast<std::size_t>(page.unpacked), levels = static_cast<std::size_t>(page.levels);
    switch (static_cast<ParquetPage::Kind>(page.kind)) {
      case ParquetPage::Kind::index: return {};
      case ParquetPage::Kind::dictionary: {
        TRY(const std::string bytes, unpack_page(chunk_.codec, packed, unpacked));
        dictionary_.clear();
        return add_plain(column_, bytes, static_cast<std::size_t>(page.values), dictionary_);
      }
      case ParquetPage::Kind::data: {
        TRY(const std::string bytes, unpack_page(chunk_.codec, packed, unpacked));
        std::string_view rest = bytes;
        std::string_view of_levels;
        if (column_.optional) {
          std::uint32_t size = 0;
          if (rest.size() < sizeof size) return damaged_page();
          std::memcpy(&size, rest.data(), sizeof size);
          if (size > rest.size() - sizeof size) return damaged_page();
          of_levels = rest.substr(sizeof size, size);
          rest.remove_prefix(sizeof size + size);
        }
        return add(page, of_levels, rest);
      }
      case ParquetPage::Kind::data_v2: {
        if (levels > unpacked) return damaged_page();
        TRY(const std::string bytes,
            unpack_page(page.compressed ? chunk_.codec : 0, packed.substr(levels), unpacked - levels));
        return add(page, packed.substr(0, levels), bytes);
      }
    }
    return damaged_page();
  }

  Outcome<void> add(const ParquetPage& page, std::string_view levels, std::string_view bytes) {
    const auto count = static_cast<std::size_t>(page.values);
    if (count == 0 || count > static_cast<std::size_t>(chunk_.values) - values_.size()) return damaged_page();
    std::vector<bool> there;
    std::size_t present = count;
    if (column_.optional) {
      RunLengths level(levels, 1);
      present = 0;
      for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t value = 0;
        if (!level.next(value)) return damaged_page();
        there.push_back(value == 1);
        present += value == 1 ? 1 : 0;
      }
    }
    std::vector<float> found;
    CHECK_OK(decode(page.encoding, bytes, present, found));
    std::size_t next = 0;
    for (std::size_t i = 0; i < count; ++i) values_.push_back(there.empty() || there[i] ? found[next++] : no_value);
    return {};
  }

  Outcome<void> decode(int encoding, std::string_view bytes, std::size_t count, std::vector<float>& found) const {
    switch (static_cast<ParquetEncoding>(encoding)) {
      case ParquetEncoding::plain: return add_plain(column_, bytes, count, found);
      case ParquetEncoding::plain_dictionary:
      case ParquetEncoding::dictionary: return decode_places(bytes, count, found);
      case ParquetEncoding::run_lengths: return decode_truths(bytes, count, found);
    }
    return validation(
        "the column {} is encoded in a way that is not served here: please write it without delta encodings",
        printable(column_.name));
  }

  Outcome<void> decode_places(std::string_view bytes, std::size_t count, std::vector<float>& found) const {
    if (count == 0) return {};
    if (bytes.empty() || static_cast<unsigned char>(bytes[0]) > 32) return damaged_page();
    RunLengths places(bytes.substr(1), static_cast<unsigned char>(bytes[0]));
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t place = 0;
      if (!places.next(place) || place >= dictionary_.size()) return damaged_page();
      found.push_back(dictionary_[place]);
    }
    return {};
  }

  // Booleans of newer writers: their length, and runs.
  Outcome<void> decode_truths(std::string_view bytes, std::size_t count, std::vector<float>& found) const {
    if (static_cast<ParquetType>(column_.type) != ParquetType::boolean || bytes.size() < 4) return damaged_page();
    RunLengths truths(bytes.substr(4), 1);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t truth = 0;
      if (!truths.next(truth)) return damaged_page();
      found.push_back(static_cast<float>(truth));
    }
    return {};
  }

  const ParquetColumn& column_;
  const ParquetChunk& chunk_;
  std::string_view pages_;
  std::vector<float> dictionary_, values_;
};

Outcome<void> add_group(Rows& rows, const ParquetFile& file, const ParquetRowGroup& group, std::string_view bytes) {
  const auto count = static_cast<std::size_t>(group.rows);
  const std::size_t start = rows.values.size();
  std::size_t place = 0;  // among the columns that are data
  for (std::size_t i = 0; i < file.columns.size(); ++i) {
    const ParquetColumn& column = file.columns[i];
    if (column.name.starts_with("__index_level_")) continue;  // pandas' index
    CHECK_OK(check_number(column));
    const ParquetChunk& chunk = group.chunks[i];
    ColumnReader reader(column, chunk,
                        bytes.substr(static_cast<std::size_t>(chunk.begin), static_cast<std::size_t>(chunk.size)));
    TRY(const std::vector<float> values, reader.read());
    if (place == 0) {
      for (const float label : values) {
        if (label != label) return validation("a record of it has no label");
        rows.labels.push_back(label);
      }
      rows.values.resize(start + count * rows.columns);
    } else {
      for (std::size_t row = 0; row < count; ++row) rows.values[start + row * rows.columns + place - 1] = values[row];
    }
    ++place;
  }
  return {};
}

Outcome<void> add_file_of(Rows& rows, std::string_view bytes, std::size_t most) {
  TRY(const ParquetFile file, read_parquet_file(bytes));
  std::size_t columns = 0;
  for (const auto& column : file.columns) columns += column.name.starts_with("__index_level_") ? 0 : 1;
  if (columns < 2) return validation("it needs a column of labels and at least one of features");
  if (rows.columns == 0) rows.columns = columns - 1;
  if (rows.columns != columns - 1)
    return validation("it has {} columns, where the first file has {}", columns, rows.columns + 1);
  for (const auto& group : file.groups) {
    const auto records = static_cast<std::uint64_t>(group.rows);
    if (records > most || records * columns > most - std::min(most, rows.values.size()))
      return validation("it has too many values");
    CHECK_OK(add_group(rows, file, group, bytes));
  }
  return {};
}

}  // namespace

Outcome<void> add_parquet(Rows& rows, const Source& source, std::size_t most) {
  if (auto added = add_file_of(rows, source.text, most); !added) {
    const Error& error = added.error();
    return user_error("Failed to load parquet data with exception:\n{}: {}", source.name, error.message);
  }
  return {};
}

}  // namespace clary::training
