#include "server/console_files.hpp"

#include <boost/json.hpp>
#include <charconv>

// The assembler takes the file in as it is: no compiler reads megabytes of numbers.
asm(R"(
    .section .rodata
    .balign 16
    .type clary_console_pack, @object
clary_console_pack:
    .incbin ")" CLARY_CONSOLE_PACK R"("
    .size clary_console_pack, . - clary_console_pack
    .type clary_console_pack_end, @object
clary_console_pack_end:
    .byte 0
    .size clary_console_pack_end, 1
    .text
)");

extern "C" {
// Hidden: local to this file's object, as the assembler made them.
extern const char clary_console_pack[] __attribute__((visibility("hidden")));
extern const char clary_console_pack_end[] __attribute__((visibility("hidden")));
}

namespace clary::server {

namespace json = boost::json;

std::string_view embedded_console() { return {clary_console_pack, static_cast<std::size_t>(clary_console_pack_end - clary_console_pack)}; }

Outcome<ConsoleFiles> ConsoleFiles::open(std::string_view pack) {
  ConsoleFiles files;
  if (pack.empty()) return files;
  auto damaged = [] { return make_error(ErrorKind::internal, "the console inside the program is damaged"); };
  std::size_t length = 0;
  auto [end, problem] = std::from_chars(pack.data(), pack.data() + pack.size(), length);
  auto start = static_cast<std::size_t>(end - pack.data()) + 1;
  if (problem != std::errc() || start > pack.size() || length > pack.size() - start) return damaged();
  json::error_code code;
  json::value index = json::parse(pack.substr(start, length), code);
  if (code || !index.is_array()) return damaged();
  std::string_view streams = pack.substr(start + length);
  for (const json::value& entry : index.as_array()) {
    auto offset = entry.at("offset").to_number<std::size_t>(), size = entry.at("size").to_number<std::size_t>();
    if (offset > streams.size() || size > streams.size() - offset) return damaged();
    files.files_.emplace(json::value_to<std::string>(entry.at("path")),
                         ConsoleFile{streams.substr(offset, size), json::value_to<std::string>(entry.at("type")),
                                     "\"" + json::value_to<std::string>(entry.at("hash")) + "\"", entry.at("immutable").as_bool()});
  }
  return files;
}

const ConsoleFile* ConsoleFiles::find(std::string_view path) const {
  auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace clary::server
