#include "training/parquet_file.hpp"

#include <algorithm>
#include <cstring>

#include "training/thrift.hpp"

namespace clary::training {

namespace {

using Type = Thrift::Type;

constexpr std::string_view magic = "PAR1";
constexpr std::size_t tail = 8;  // the metadata's length, and the magic again
constexpr std::size_t most_columns = 100'000;

int small(std::int64_t value) {
  return value < 0 || value > 1'000'000 ? -1 : static_cast<int>(value);
}

struct Element : ParquetColumn {
  int children = 0;
  bool repeated = false;
};

Element read_element(Thrift& thrift) {
  Element element;
  element.type = -1;
  thrift.structure([&](int id, Type type) {
    if (id == 1) element.type = small(thrift.number());
    if (id == 3) {
      const auto repetition = thrift.number();
      element.optional = repetition == 1;
      element.repeated = repetition == 2;
    }
    if (id == 4) element.name = thrift.text();
    if (id == 5) element.children = small(thrift.number());
    if (id == 6) element.converted = small(thrift.number());
    // Whole numbers alone are numbers; a time in nanoseconds is told here and not in field 6.
    constexpr int whole_number = 10;
    if (id == 10 && type == Type::structure) {
      thrift.structure([&](int kind, Type) { element.is_number = element.is_number && kind == whole_number; });
    }
  });
  return element;
}

ParquetChunk read_chunk(Thrift& thrift) {
  ParquetChunk chunk;
  std::int64_t data = 0, dictionary = 0;
  thrift.structure([&](int id, Type type) {
    if (id != 3 || type != Type::structure) return;
    thrift.structure([&](int member, Type) {
      if (member == 4) chunk.codec = small(thrift.number());
      if (member == 5) chunk.values = thrift.number();
      if (member == 7) chunk.size = thrift.number();
      if (member == 9) data = thrift.number();
      if (member == 11) dictionary = thrift.number();
    });
  });
  chunk.begin = dictionary > 0 ? std::min(dictionary, data) : data;
  return chunk;
}

ParquetRowGroup read_group(Thrift& thrift) {
  ParquetRowGroup group;
  thrift.structure([&](int id, Type type) {
    if (id == 1 && type == Type::list) thrift.list([&](Type) { group.chunks.push_back(read_chunk(thrift)); });
    if (id == 3) group.rows = thrift.number();
  });
  return group;
}

Outcome<void> check(const ParquetFile& file, const std::vector<Element>& elements, std::size_t size) {
  if (elements.empty() || elements.size() - 1 > most_columns) return validation("it has no columns, or too many");
  for (std::size_t i = 1; i < elements.size(); ++i) {
    if (elements[i].children != 0 || elements[i].repeated)
      return validation("the column {} is nested", elements[i].name);
  }
  const auto end = static_cast<std::int64_t>(size);
  for (const auto& group : file.groups) {
    if (group.rows < 0 || group.chunks.size() != file.columns.size()) return validation("its row groups are damaged");
    for (const auto& chunk : group.chunks) {
      if (chunk.begin < 0 || chunk.size < 0 || chunk.begin > end || chunk.size > end - chunk.begin ||
          chunk.values != group.rows)
        return validation("its metadata are damaged");
    }
  }
  return {};
}

}  // namespace

Outcome<ParquetFile> read_parquet_file(std::string_view bytes) {
  if (bytes.size() < magic.size() + tail || !bytes.starts_with(magic) || !bytes.ends_with(magic))
    return validation("it is no Parquet file");
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data() + bytes.size() - tail, sizeof size);
  if (size > bytes.size() - magic.size() - tail) return validation("its metadata are damaged");
  Thrift thrift(bytes.substr(bytes.size() - tail - size, size));
  ParquetFile file;
  std::vector<Element> elements;
  thrift.structure([&](int id, Type type) {
    if (id == 2 && type == Type::list) thrift.list([&](Type) { elements.push_back(read_element(thrift)); });
    if (id == 4 && type == Type::list) thrift.list([&](Type) { file.groups.push_back(read_group(thrift)); });
  });
  if (thrift.broken()) return validation("its metadata are damaged");
  if (!elements.empty()) file.columns.assign(elements.begin() + 1, elements.end());  // the first is the root
  CHECK_OK(check(file, elements, bytes.size()));
  return file;
}

Outcome<ParquetPage> read_parquet_page(std::string_view bytes) {
  Thrift thrift(bytes);
  ParquetPage page;
  std::int64_t repetition = 0;
  thrift.structure([&](int id, Type type) {
    if (id == 1) page.kind = small(thrift.number());
    if (id == 2) page.unpacked = thrift.number();
    if (id == 3) page.packed = thrift.number();
    if (type != Type::structure || (id != 5 && id != 7 && id != 8)) return;
    thrift.structure([&](int member, Type value) {
      if (member == 1) page.values = thrift.number();
      if (member == (id == 8 ? 4 : 2)) page.encoding = small(thrift.number());
      if (id != 8) return;
      if (member == 5) page.levels = thrift.number();
      if (member == 6) repetition = thrift.number();
      if (member == 7) page.compressed = Thrift::truth(value);
    });
  });
  page.header = thrift.position();
  const auto left = static_cast<std::int64_t>(bytes.size() - page.header);
  constexpr std::int64_t largest = std::int64_t{1} << 28;
  if (thrift.broken() || page.packed < 0 || page.packed > left || page.unpacked < 0 || page.unpacked > largest ||
      page.values < 0 || page.values > largest || page.levels < 0 || page.levels > page.packed || repetition != 0)
    return validation("a page of it is damaged");
  return page;
}

}  // namespace clary::training
