#include "services/sagemaker/search_values.hpp"

#include "search/list.hpp"
#include "services/sagemaker/search_shapes.hpp"

namespace clary::services::sagemaker {

namespace {

using wire::Kind;
using wire::Shape;

// Where the values of a structure go: columns, or one element of a list.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void add(std::string_view path, search::Value value) = 0;
  virtual void add_list(std::string_view path, const Shape& shape, const void* list) = 0;
};

std::string below(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

void walk(const Shape& shape, const void* value, std::string_view path, Sink& sink);

void walk_structure(const Shape& shape, const void* value, std::string_view path, Sink& sink) {
  if (is_either(shape)) {
    for (const wire::Field& field : shape.fields) {
      if (const void* member = wire::get(field, value)) walk(*field.shape, member, path, sink);
    }
    return;
  }
  for (const wire::Field& field : shape.fields) {
    if (!is_searched(shape, field)) continue;
    if (const void* member = wire::get(field, value)) walk(*field.shape, member, below(path, field.name), sink);
  }
}

void walk(const Shape& shape, const void* value, std::string_view path, Sink& sink) {
  switch (shape.kind) {
    case Kind::structure: return walk_structure(shape, value, path, sink);
    case Kind::list: return sink.add_list(path, shape, value);
    case Kind::map:
      shape.ops->each(value, [&](const std::string& key, const void* inner) { walk(*shape.element, inner, below(path, key), sink); });
      return;
    case Kind::string: return sink.add(path, *static_cast<const std::string*>(value));
    case Kind::integer: return sink.add(path, static_cast<double>(*static_cast<const std::int64_t*>(value)));
    case Kind::real: return sink.add(path, *static_cast<const double*>(value));
    case Kind::boolean: return sink.add(path, *static_cast<const bool*>(value) ? 1.0 : 0.0);
    // Milliseconds, as answers tell times.
    case Kind::timestamp: return sink.add(path, static_cast<double>(static_cast<const Time*>(value)->millis()));
    case Kind::blob: return;
  }
}

// Lists inside an element's structure are of the element: their values have the path of their list.
class ElementSink : public Sink {
 public:
  ElementSink(search::ListWriter& list, std::uint32_t element) : list_(list), element_(element) {}
  void add(std::string_view path, search::Value value) override {
    std::visit([&](const auto& scalar) { list_.add(element_, path, scalar); }, value);
  }
  void add_list(std::string_view path, const Shape& shape, const void* list) override {
    for (std::size_t i = 0; i < shape.ops->size(list); ++i) walk(*shape.element, shape.ops->at(list, i), path, *this);
  }

 private:
  search::ListWriter& list_;
  std::uint32_t element_;
};

class ColumnSink : public Sink {
 public:
  explicit ColumnSink(search::Values& values) : values_(values) {}
  void add(std::string_view path, search::Value value) override { values_.emplace_back(path, std::move(value)); }
  void add_list(std::string_view path, const Shape& shape, const void* list) override {
    const std::size_t size = shape.ops->size(list);
    if (size == 0) return;
    const NamedList* named = find_named_list(*shape.element);
    for (std::size_t i = 0; named && i < size; ++i) add_named(*named, *shape.element, below_list(path, *named), shape.ops->at(list, i));
    if (named && named->columns_only) return;
    search::ListWriter writer;
    for (std::size_t i = 0; i < size; ++i) {
      ElementSink sink(writer, static_cast<std::uint32_t>(i));
      walk(*shape.element, shape.ops->at(list, i), {}, sink);
    }
    values_.emplace_back(path, writer.bytes());
  }

 private:
  void add_named(const NamedList& named, const Shape& element, const std::string& path, const void* value) {
    const void* name = wire::get(*element.find(named.name), value);
    if (name == nullptr) return;
    const std::string column = below(path, *static_cast<const std::string*>(name));
    if (!named.value.empty()) {
      const wire::Field& field = *element.find(named.value);
      if (const void* member = wire::get(field, value)) walk(*field.shape, member, column, *this);
      return;
    }
    for (const wire::Field& field : element.fields) {
      if (field.name == named.name || !is_statistic(field)) continue;
      if (const void* member = wire::get(field, value)) walk(*field.shape, member, below(column, field.name), *this);
    }
  }

  search::Values& values_;
};

}  // namespace

void add_values(const wire::Shape& shape, const void* structure, search::Values& values) {
  ColumnSink sink(values);
  walk(shape, structure, {}, sink);
}

}  // namespace clary::services::sagemaker
