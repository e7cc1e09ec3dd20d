#include "wire/xml.hpp"

#include <pugixml.hpp>

#include "wire/text.hpp"

namespace clary::wire {

namespace {

void open(std::string_view name, std::string& out) { out.append("<").append(name).append(">"); }
void close(std::string_view name, std::string& out) { out.append("</").append(name).append(">"); }

void write_members(const Shape& shape, const void* structure, std::string& out);

void write_value(const Field* field, const Shape& shape, const void* value, std::string_view name, std::string& out);

void write_map(const Shape& shape, const void* value, std::string_view name, bool flattened, std::string& out) {
  std::string_view entry = flattened ? name : "entry";
  if (!flattened) open(name, out);
  shape.ops->each(value, [&](const std::string& key, const void* inner) {
    open(entry, out);
    open(shape.key_name, out);
    write_xml_text(key, out);
    close(shape.key_name, out);
    write_value(nullptr, *shape.element, inner, shape.value_name, out);
    close(entry, out);
  });
  if (!flattened) close(name, out);
}

void write_list(const Shape& shape, const void* value, std::string_view name, bool flattened, std::string& out) {
  if (!flattened) open(name, out);
  for (std::size_t i = 0; i < shape.ops->size(value); ++i)
    write_value(nullptr, *shape.element, shape.ops->at(value, i), flattened ? name : shape.element_name, out);
  if (!flattened) close(name, out);
}

// A structure's attributes stand in its opening tag (S3's xsi:type of a Grantee), with the namespace that their prefix needs.
void write_structure(const Shape& shape, const void* value, std::string_view name, std::string& out) {
  out.append("<").append(name);
  for (const Field& field : shape.fields) {
    const void* member = field.xml_attribute ? get(field, value) : nullptr;
    if (member == nullptr) continue;
    if (field.wire_name.starts_with("xsi:")) out += " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    out.append(" ").append(field.wire_name).append("=\"");
    write_xml_text(scalar_to_text(*field.shape, member, field.time_format, TimeFormat::iso8601), out);
    out += '"';
  }
  out += '>';
  write_members(shape, value, out);
  close(name, out);
}

void write_value(const Field* field, const Shape& shape, const void* value, std::string_view name, std::string& out) {
  bool flattened = field != nullptr && field->flattened;
  switch (shape.kind) {
    case Kind::list: return write_list(shape, value, name, flattened, out);
    case Kind::map: return write_map(shape, value, name, flattened, out);
    case Kind::structure: return write_structure(shape, value, name, out);
    default:
      open(name, out);
      write_xml_text(scalar_to_text(shape, value, field != nullptr ? field->time_format : TimeFormat::automatic, TimeFormat::iso8601), out);
      close(name, out);
  }
}

void write_members(const Shape& shape, const void* structure, std::string& out) {
  for (const Field& field : shape.fields) {
    if (field.location != Location::body || field.xml_attribute) continue;
    if (const void* member = get(field, structure)) write_value(&field, *field.shape, member, field.wire_name, out);
  }
}

std::string_view local_name(const pugi::xml_node& node) {
  std::string_view name = node.name();
  auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

class Reader {
 public:
  explicit Reader(Violations& violations) : violations_(violations) {}

  Outcome<void> read_structure(const Shape& shape, void* target, const pugi::xml_node& node, const Path& path) {
    for (const Field& field : shape.fields) {
      if (field.location != Location::body) continue;
      Path here{&path, field.name, 0, {}};
      if (field.xml_attribute) {
        if (auto attribute = node.attribute(std::string(field.wire_name).c_str()))
          CHECK_OK(scalar_from_text(*field.shape, make(field, target), attribute.value(), field.name));
        continue;
      }
      void* member = nullptr;
      std::size_t index = 0;
      for (const pugi::xml_node& child : node.children()) {
        if (local_name(child) != field.wire_name) continue;
        if (member == nullptr) member = make(field, target);
        if (field.flattened && field.shape->kind == Kind::list) {
          CHECK_OK(read(*field.shape->element, field.shape->ops->append(member), child, Path{&here, {}, ++index, {}}));
        } else {
          CHECK_OK(read(*field.shape, member, child, here));
          break;
        }
      }
      if (member == nullptr && field.required) violations_.missing(here);
    }
    return {};
  }

 private:
  Outcome<void> read(const Shape& shape, void* target, const pugi::xml_node& node, const Path& path) {
    if (shape.kind == Kind::structure) return read_structure(shape, target, node, path);
    if (shape.kind == Kind::list) {
      std::size_t index = 0;
      for (const pugi::xml_node& child : node.children()) {
        if (child.type() != pugi::node_element) continue;
        CHECK_OK(read(*shape.element, shape.ops->append(target), child, Path{&path, {}, ++index, {}}));
      }
      return {};
    }
    if (shape.kind == Kind::map) {
      for (const pugi::xml_node& entry : node.children()) {
        std::string key = entry.child(std::string(shape.key_name).c_str()).text().get();
        CHECK_OK(read(*shape.element, shape.ops->insert(target, key), entry.child(std::string(shape.value_name).c_str()),
                      Path{&path, {}, 0, key}));
      }
      return {};
    }
    return scalar_from_text(shape, target, node.text().get(), path.member.empty() ? shape.name : path.member);
  }

  Violations& violations_;
};

// The depth of a document's nesting, cut off early: a parser of trees is recursive.
bool nests_deeper_than(const pugi::xml_node& node, int levels) {
  if (levels == 0) return true;
  for (const pugi::xml_node& child : node.children()) {
    if (nests_deeper_than(child, levels - 1)) return true;
  }
  return false;
}

}  // namespace

void write_xml_text(std::string_view text, std::string& out) {
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
          out += fmt::format("&#x{:x};", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
}

void write_xml(const Shape& shape, const void* structure, std::string_view root, std::string_view xml_namespace, std::string& out) {
  out.append("<").append(root);
  if (!xml_namespace.empty()) out.append(" xmlns=\"").append(xml_namespace).append("\"");
  out += '>';
  write_members(shape, structure, out);
  close(root, out);
}

Outcome<void> read_xml(const Shape& shape, void* structure, std::string_view document, Violations& violations) {
  auto malformed = [] {
    return aws_error(ErrorKind::validation, "MalformedXML",
                     "The XML you provided was not well-formed or did not validate against our published schema");
  };
  pugi::xml_document tree;
  // Whitespace inside values is kept (keys may be blanks); doctypes are not parsed, so no entity can be defined.
  auto parsed = tree.load_buffer(document.data(), document.size(), pugi::parse_default | pugi::parse_ws_pcdata_single, pugi::encoding_utf8);
  if (!parsed || !tree.document_element() || !is_valid_utf8(document) || nests_deeper_than(tree, 32)) return malformed();
  return Reader(violations).read_structure(shape, structure, tree.document_element(), Path{});
}

}  // namespace clary::wire
