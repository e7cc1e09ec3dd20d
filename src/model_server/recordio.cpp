#include "model_server/recordio.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace clary::model_server {

namespace {

constexpr std::uint32_t magic = 0xCED7230A;
// Of a protobuf message: how a field is framed, and which fields of a Value are tensors.
constexpr unsigned varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5;
constexpr std::uint64_t floats = 2, doubles = 3, integers = 7;

Error infinite(const std::string& where) { return validation("{}: infinity is not taken.", where); }
Error no_message() { return validation("A record is not a protobuf message."); }

Outcome<std::uint64_t> take_varint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  return no_message();
}

struct Field {
  std::uint64_t number = 0;
  unsigned kind = 0;
  std::uint64_t value = 0;   // of a varint
  std::string_view content;  // of the others
};

Outcome<Field> take_field(std::string_view& rest) {
  TRY(const std::uint64_t tag, take_varint(rest));
  Field field{tag >> 3, static_cast<unsigned>(tag & 7), 0, {}};
  if (field.kind == varint) {
    TRY(field.value, take_varint(rest));
    return field;
  }
  std::uint64_t size = field.kind == fixed64 ? 8 : 4;
  if (field.kind == length_delimited) {
    TRY(size, take_varint(rest));
  } else if (field.kind != fixed64 && field.kind != fixed32) {
    return no_message();
  }
  if (size > rest.size()) return no_message();
  field.content = rest.substr(0, static_cast<std::size_t>(size));
  rest.remove_prefix(static_cast<std::size_t>(size));
  return field;
}

// A repeated field of numbers, packed or single.
Outcome<void> add_varints(const Field& field, std::vector<std::uint64_t>& to) {
  if (field.kind == varint) {
    to.push_back(field.value);
    return {};
  }
  for (std::string_view rest = field.content; !rest.empty();) {
    TRY(const std::uint64_t value, take_varint(rest));
    to.push_back(value);
  }
  return {};
}

template <typename T>
void add_fixed(std::string_view content, std::vector<double>& to) {
  for (; content.size() >= sizeof(T); content.remove_prefix(sizeof(T))) {
    T value;
    std::memcpy(&value, content.data(), sizeof value);
    to.push_back(value);
  }
}

Outcome<void> add_integers(const Field& field, std::vector<double>& to) {
  std::vector<std::uint64_t> numbers;
  CHECK_OK(add_varints(field, numbers));
  for (const std::uint64_t number : numbers) {
    const auto value = static_cast<std::int64_t>(number);
    if (value != static_cast<std::int32_t>(value)) return validation("A record holds an integer of more than 32 bits.");
    to.push_back(static_cast<double>(value));
  }
  return {};
}

}  // namespace

Outcome<std::string_view> RecordioReader::next_record() {
  std::uint32_t head[2];
  if (rest_.size() < sizeof head) return validation("The last RecordIO frame is cut off.");
  std::memcpy(head, rest_.data(), sizeof head);
  if (head[0] != magic) return validation("There is no RecordIO frame where record {} should begin.", record_ + 1);
  rest_.remove_prefix(sizeof head);
  if (head[1] > rest_.size()) return validation("The last RecordIO frame is cut off.");
  const std::string_view record = rest_.substr(0, head[1]);
  rest_.remove_prefix(std::min(rest_.size(), (std::size_t{head[1]} + 3) / 4 * 4));
  ++record_;
  return record;
}

Outcome<RecordioReader::Tensor> RecordioReader::read_tensor(std::string_view message, std::uint64_t kind) {
  Tensor tensor;
  while (!message.empty()) {
    TRY(const Field field, take_field(message));
    if (field.number == 1 && kind == integers) {
      CHECK_OK(add_integers(field, tensor.values));
    } else if (field.number == 1 && kind == floats) {
      add_fixed<float>(field.content, tensor.values);
    } else if (field.number == 1) {
      add_fixed<double>(field.content, tensor.values);
    } else if (field.number == 2) {
      CHECK_OK(add_varints(field, tensor.keys));
    } else if (field.number == 3) {
      std::vector<std::uint64_t> shape;
      CHECK_OK(add_varints(field, shape));
      if (!tensor.has_shape && !shape.empty()) tensor.width = shape.front();
      tensor.has_shape = tensor.has_shape || !shape.empty();
    }
  }
  return tensor;
}

// The tensor "values" of the map of features, field 1; nothing: the record has none.
Outcome<std::optional<RecordioReader::Tensor>> RecordioReader::features_of(std::string_view record) const {
  std::optional<Tensor> found;
  while (!record.empty()) {
    TRY(const Field entry, take_field(record));
    if (entry.number != 1 || entry.kind != length_delimited) continue;
    std::string_view name;
    std::optional<Tensor> tensor;
    for (std::string_view rest = entry.content; !rest.empty();) {
      TRY(const Field field, take_field(rest));
      if (field.number == 1) name = field.content;
      if (field.number != 2 || field.kind != length_delimited) continue;
      for (std::string_view value = field.content; !value.empty();) {
        TRY(const Field one, take_field(value));
        if (one.kind != length_delimited || (one.number != floats && one.number != doubles && one.number != integers)) continue;
        TRY(tensor, read_tensor(one.content, one.number));
      }
    }
    if (name == "values" && tensor) found = std::move(tensor);
  }
  return found;
}

Outcome<void> RecordioReader::add(const Tensor& tensor, Rows& rows) {
  const std::string where = fmt::format("record {}", record_);
  if (!sparse_) sparse_ = !tensor.keys.empty() || (tensor.values.empty() && tensor.has_shape);
  rows.sparse = *sparse_;
  if (!*sparse_) {
    if (!tensor.keys.empty()) return validation("{} is sparse; those before it are not.", where);
    if (columns_ == 0) CHECK_OK(check_columns(where, tensor.values.size(), model_));
    if (columns_ != 0 && tensor.values.size() != columns_)
      return validation("{} has {} columns; those before it have {}.", where, tensor.values.size(), columns_);
    columns_ = tensor.values.size();
    if (columns_ == 0) return validation("{} has no columns.", where);
    for (const double value : tensor.values)
      if (!rows.add(value)) return infinite(where);
  } else {
    if (!tensor.keys.empty() && tensor.keys.size() != tensor.values.size())
      return validation("{} has {} keys for {} values.", where, tensor.keys.size(), tensor.values.size());
    for (std::size_t at = 0; at < tensor.values.size(); ++at) {
      const std::uint64_t key = tensor.keys.empty() ? at : tensor.keys[at];
      if (key >= 1ULL << 31 || (model_ && key > *model_)) return validation("{}: the key {} is too large.", where, key);
      columns_ = std::max<std::size_t>(columns_, key + 1);
      if (std::isnan(tensor.values[at]) || (model_ && key == *model_)) continue;
      rows.indices.push_back(static_cast<unsigned>(key));
      if (!rows.add(tensor.values[at])) return infinite(where);
    }
    rows.starts.push_back(rows.size());
  }
  ++rows.count;
  return {};
}

Outcome<void> RecordioReader::next(Rows& rows) {
  rows.clear();
  rows.sparse = sparse_.value_or(false);
  while (!rest_.empty() && rows.count < block) {
    TRY(const std::string_view record, next_record());
    TRY(const auto tensor, features_of(record));
    if (tensor) CHECK_OK(add(*tensor, rows));
  }
  rows.columns = rows.sparse ? model_.value_or(columns_) : columns_;
  return {};
}

}  // namespace clary::model_server
