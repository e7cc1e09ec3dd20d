#include "wire/json_tree.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <string>
#include <utility>

namespace clary::wire {

namespace json = boost::json;

namespace {

// Builds the tree from what the parser tells, as Boost's own handler does, but for doubles: those are read from their text.
struct Builder {
  static constexpr std::size_t max_object_size = json::object::max_size(), max_array_size = json::array::max_size(),
                               max_key_size = json::string::max_size(), max_string_size = json::string::max_size();
  using Text = json::string_view;
  using Code = json::error_code;

  unsigned char room[4096];
  json::value_stack values{{}, room, sizeof room};  // of what is unfinished
  std::string number;  // the parts before the last

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t size, Code&) { return values.push_object(size), true; }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t size, Code&) { return values.push_array(size), true; }
  bool on_key_part(Text part, std::size_t, Code&) { return values.push_chars(part), true; }
  bool on_key(Text part, std::size_t, Code&) { return values.push_key(part), true; }
  bool on_string_part(Text part, std::size_t, Code&) { return values.push_chars(part), true; }
  bool on_string(Text part, std::size_t, Code&) { return values.push_string(part), true; }
  bool on_number_part(Text part, Code&) { return number.append(part.data(), part.size()), true; }
  bool on_int64(std::int64_t value, Text, Code&) { return number.clear(), values.push_int64(value), true; }
  bool on_uint64(std::uint64_t value, Text, Code&) { return number.clear(), values.push_uint64(value), true; }
  bool on_double(double rounded, Text part, Code&) {
    number.append(part.data(), part.size());
    double exact = 0;
    const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), exact);
    // What no double can be keeps Boost's word for it: infinite, or zero.
    values.push_double(fault == std::errc() && end == number.data() + number.size() ? exact : rounded);
    number.clear();
    return true;
  }
  bool on_bool(bool value, Code&) { return values.push_bool(value), true; }
  bool on_null(Code&) { return values.push_null(), true; }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }
};

}  // namespace

json::value parse_json(std::string_view document, json::storage_ptr memory, json::error_code& code) {
  json::parse_options options;
  options.max_depth = 160;  // a search expression of 50 levels, which the operation counts itself, is well within
  json::basic_parser<Builder> parser(options);
  parser.handler().values.reset(std::move(memory));
  const std::size_t taken = parser.write_some(false, document.data(), document.size(), code);  // refuses broken UTF-8 too
  if (!code && taken < document.size()) code = json::error::extra_data;
  if (code) return {};
  return parser.handler().values.release();
}

}  // namespace clary::wire
