#include "services/sagemaker/search_properties.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "http/message.hpp"
#include "services/sagemaker/search_shapes.hpp"

namespace clary::services::sagemaker {

namespace {

using wire::Kind;
using wire::Shape;

std::string below(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

const wire::Field* find_member(const Shape& structure, std::string_view name) {
  for (const wire::Field& field : structure.fields) {
    if (http::equal_ignoring_case(field.name, name)) return &field;
  }
  return nullptr;
}

PropertyType type_of(const Shape& shape) {
  switch (shape.kind) {
    case Kind::integer:
    case Kind::real: return PropertyType::number;
    case Kind::timestamp: return PropertyType::time;
    case Kind::boolean: return PropertyType::boolean;
    case Kind::structure: return is_either(shape) ? PropertyType::either : PropertyType::group;
    case Kind::map: return PropertyType::group;
    default: return PropertyType::text;
  }
}

NamedProperty cell(PropertyType type, std::vector<std::string> columns) {
  NamedProperty found;
  found.type = type;
  found.property.columns = std::move(columns);
  return found;
}

using Found = std::optional<NamedProperty>;

class Finder {
 public:
  // Elements of lists are not columns: inside them a list of named ones is one like any other.
  explicit Finder(bool in_element) : in_element_(in_element) {}

  Found find(const Shape& shape, std::string_view rest, const std::string& path) const {
    switch (shape.kind) {
      case Kind::structure: return find_in_structure(shape, rest, path);
      case Kind::list: return find_in_list(shape, rest, path);
      case Kind::map: return find_in_map(shape, rest, path);
      case Kind::blob: return std::nullopt;
      default: return rest.empty() ? Found(cell(type_of(shape), {path})) : std::nullopt;
    }
  }

 private:
  static NamedProperty group(const std::string& path) {
    NamedProperty found = cell(PropertyType::group, {path});
    found.property.kind = search::Property::Kind::below;
    return found;
  }

  Found find_in_structure(const Shape& shape, std::string_view rest, const std::string& path) const {
    if (rest.empty()) return path.empty() ? std::nullopt : Found(group(path));
    const auto dot = rest.find('.');
    const std::string_view head = rest.substr(0, dot);
    const std::string_view tail = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    if (dot != std::string_view::npos && tail.empty()) return std::nullopt;
    if (const wire::Field* field = find_member(shape, head))
      return is_searched(shape, *field) ? find(*field->shape, tail, below(path, field->name)) : std::nullopt;
    for (const wire::Field& field : shape.fields) {
      const NamedList* named = field.shape->kind == Kind::list ? find_named_list(*field.shape->element) : nullptr;
      if (named && !named->columns.empty() && http::equal_ignoring_case(named->columns, head) && !tail.empty())
        return find_named(*named, *field.shape->element, tail, below(path, field.name));
    }
    return std::nullopt;
  }

  static Found find_named(const NamedList& named, const Shape& element, std::string_view name, const std::string& path) {
    const std::string columns = below_list(path, named);
    if (!named.value.empty()) return cell(type_of(*element.find(named.value)->shape), {below(columns, name)});
    const auto dot = name.rfind('.');
    const wire::Field* statistic = dot == std::string_view::npos || dot == 0 ? nullptr : find_member(element, name.substr(dot + 1));
    // Without a statistic, and where the last part belongs to the metric's own name, it is the last value.
    const std::string last = fmt::format("{}.{}.Last", columns, name);
    if (!statistic || !is_statistic(*statistic)) return cell(PropertyType::number, {last});
    return cell(type_of(*statistic->shape), {fmt::format("{}.{}.{}", columns, name.substr(0, dot), statistic->name), last});
  }

  Found find_in_list(const Shape& shape, std::string_view rest, const std::string& path) const {
    const NamedList* named = in_element_ ? nullptr : find_named_list(*shape.element);
    if (named && !rest.empty()) return find_named(*named, *shape.element, rest, path);
    if (named && named->columns_only) return group(path);
    NamedProperty found = cell(PropertyType::either, {path});
    found.property.kind = search::Property::Kind::elements;
    found.element = rest.empty() ? shape.element : nullptr;
    if (rest.empty()) return found;
    auto inside = find_in_element(*shape.element, rest);
    if (!inside) return std::nullopt;
    found.type = inside->type;
    found.property.inside = inside->property.inside;
    return found;
  }

  static Found find_in_map(const Shape& shape, std::string_view rest, const std::string& path) {
    if (rest.empty()) return group(path);
    const Shape& element = *shape.element;
    if (element.kind != Kind::structure || is_either(element)) {
      const bool numbers = shape.name == "HyperParameters";
      return cell(numbers ? PropertyType::number_in_text : type_of(element), {below(path, rest)});
    }
    // Of an artifact its value, unless the name says which member.
    const std::string value = fmt::format("{}.{}.Value", path, rest);
    const auto dot = rest.rfind('.');
    const wire::Field* member = dot == std::string_view::npos || dot == 0 ? nullptr : find_member(element, rest.substr(dot + 1));
    if (!member) return cell(PropertyType::text, {value});
    return cell(type_of(*member->shape), {fmt::format("{}.{}.{}", path, rest.substr(0, dot), member->name), value});
  }

  bool in_element_;
};

void collect(const Shape& shape, const std::string& path, std::vector<std::string>& names) {
  if (shape.kind == Kind::structure && !is_either(shape)) {
    for (const wire::Field& field : shape.fields) {
      if (is_searched(shape, field)) collect(*field.shape, below(path, field.name), names);
    }
  } else if (shape.kind == Kind::list && shape.element->kind == Kind::structure) {
    if (!find_named_list(*shape.element)) collect(*shape.element, path, names);
  } else if (shape.kind != Kind::map && shape.kind != Kind::blob) {
    names.push_back(path);
  }
}

}  // namespace

std::optional<NamedProperty> find_property(const wire::Shape& resource, std::string_view name) {
  if (auto found = Finder(false).find(resource, name, {})) return found;
  // What the dashboard tells of a model has the model itself as a member.
  const wire::Field* model = resource.name == "ModelDashboardModel" ? resource.find("Model") : nullptr;
  return model ? Finder(false).find(*model->shape, name, std::string(model->name)) : std::nullopt;
}

std::optional<NamedProperty> find_in_element(const wire::Shape& element, std::string_view name) {
  auto found = Finder(true).find(element, name, {});
  if (!found) return std::nullopt;
  std::string path = std::move(found->property.columns.front());
  if (!found->property.inside.empty()) path += "." + found->property.inside;
  found->property = {.kind = search::Property::Kind::elements, .inside = std::move(path)};
  found->element = nullptr;
  return found;
}

std::vector<std::string> property_names(const wire::Shape& resource) {
  std::vector<std::string> names;
  collect(resource, {}, names);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace clary::services::sagemaker
