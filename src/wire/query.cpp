#include "wire/query.hpp"

#include "wire/text.hpp"

namespace clary::wire {

namespace {

constexpr std::size_t most_elements = 10000;

class Reader {
 public:
  Reader(const Form& form, Violations& violations) : form_(form), violations_(violations) {}

  Outcome<void> read_structure(const Shape& shape, void* target, const std::string& prefix, const Path& path) {
    for (const Field& field : shape.fields) {
      Path here{&path, field.name, 0, {}};
      std::string name = prefix.empty() ? std::string(field.wire_name) : prefix + "." + std::string(field.wire_name);
      if (present(name)) {
        CHECK_OK(read(*field.shape, make(field, target), name, field.flattened, here));
      } else if (field.required) {
        violations_.missing(here);
      }
    }
    return {};
  }

 private:
  bool present(const std::string& name) const {
    if (form_.contains(name)) return true;
    auto next = form_.lower_bound(name + ".");
    return next != form_.end() && next->first.starts_with(name + ".");
  }

  Outcome<void> read(const Shape& shape, void* target, const std::string& name, bool flattened, const Path& path) {
    if (shape.kind == Kind::structure) return read_structure(shape, target, name, path);
    if (shape.kind == Kind::list) {
      std::string base = flattened ? name : name + "." + std::string(shape.element_name);
      for (std::size_t i = 1; i <= most_elements && present(fmt::format("{}.{}", base, i)); ++i)
        CHECK_OK(read(*shape.element, shape.ops->append(target), fmt::format("{}.{}", base, i), false, Path{&path, {}, i, {}}));
      return {};
    }
    if (shape.kind == Kind::map) {
      std::string base = flattened ? name : name + ".entry";
      for (std::size_t i = 1; i <= most_elements && present(fmt::format("{}.{}", base, i)); ++i) {
        auto key = form_.find(fmt::format("{}.{}.{}", base, i, shape.key_name));
        if (key == form_.end()) return validation("The map entry {}.{} has no {}", base, i, shape.key_name);
        std::string value = fmt::format("{}.{}.{}", base, i, shape.value_name);
        CHECK_OK(read(*shape.element, shape.ops->insert(target, key->second), value, false, Path{&path, {}, 0, key->second}));
      }
      return {};
    }
    auto value = form_.find(name);
    if (value == form_.end()) return validation("The member {} has no value", name);
    return scalar_from_text(shape, target, value->second, name);
  }

  const Form& form_;
  Violations& violations_;
};

}  // namespace

Outcome<Form> read_form(std::string_view text) {
  Form form;
  while (!text.empty()) {
    auto end = text.find('&');
    std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (part.empty()) continue;
    auto equals = part.find('=');
    auto name = uri_decode(part.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("") : uri_decode(part.substr(equals + 1), true);
    if (!name || !value || !is_valid_utf8(*name) || !is_valid_utf8(*value))
      return aws_error(ErrorKind::validation, "MalformedQueryString", "The query string contains a syntax error");
    form[std::move(*name)] = std::move(*value);
  }
  return form;
}

Outcome<void> read_query(const Shape& shape, void* structure, const Form& form, Violations& violations) {
  return Reader(form, violations).read_structure(shape, structure, "", Path{});
}

}  // namespace clary::wire
