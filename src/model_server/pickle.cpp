#include "model_server/pickle.hpp"

#include <cstdint>

namespace clary::model_server {

namespace {

// How an opcode's argument is framed. The opcodes of protocols 0 to 5; none is acted upon.
enum class Framing { none, fixed, line, two_lines, counted, unknown };
struct Opcode {
  Framing framing = Framing::unknown;
  unsigned size = 0;  // of the argument, or of the count before it
};

Opcode opcode_of(unsigned char code) {
  using enum Framing;
  switch (code) {
    case '(': case '.': case '0': case '1': case '2': case 'N': case 'Q': case 'R': case 'a': case 'b': case 'd': case '}': case 'e':
    case 'l': case ']': case 'o': case 's': case 't': case ')': case 'u': case 0x81: case 0x85: case 0x86: case 0x87: case 0x88: case 0x89:
    case 0x8f: case 0x90: case 0x91: case 0x92: case 0x93: case 0x94: case 0x97: case 0x98: return {none, 0};
    case 'K': case 'h': case 'q': case 0x80: case 0x82: return {fixed, 1};
    case 'M': case 0x83: return {fixed, 2};
    case 'J': case 'j': case 'r': case 0x84: return {fixed, 4};
    case 'G': case 0x95: return {fixed, 8};
    case 'I': case 'L': case 'F': case 'S': case 'V': case 'P': case 'g': case 'p': return {line, 0};
    case 'c': case 'i': return {two_lines, 0};
    case 'U': case 'C': case 0x8c: case 0x8a: return {counted, 1};
    case 'T': case 'X': case 'B': case 0x8b: return {counted, 4};
    case 0x8e: case 0x8d: case 0x96: return {counted, 8};
    default: return {};
  }
}

bool is_text(unsigned char code) { return code == 'X' || code == 0x8c || code == 0x8d; }
bool is_bytes(unsigned char code) { return code == 'B' || code == 'C' || code == 0x8e || code == 0x96; }
bool is_small_number(unsigned char code) { return code == 'K' || code == 'M' || code == 'J'; }
// What keeps a value for later stands between a name and its value.
bool is_memo(unsigned char code) { return code == 'q' || code == 'r' || code == 0x94 || code == 0x95; }

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t at = bytes.size(); at-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at]);
  return value;
}

Error cut_off() { return validation("The model's pickle is cut off."); }

// Cuts an argument off `rest`.
Outcome<std::string_view> take_argument(Opcode opcode, std::string_view& rest) {
  std::size_t size = opcode.size;
  if (opcode.framing == Framing::line || opcode.framing == Framing::two_lines) {
    size = rest.find('\n');
    if (size != std::string_view::npos && opcode.framing == Framing::two_lines) size = rest.find('\n', size + 1);
    if (size == std::string_view::npos) return cut_off();
    ++size;
  } else if (opcode.framing == Framing::counted) {
    if (rest.size() < opcode.size) return cut_off();
    const std::uint64_t count = little_endian(rest.substr(0, opcode.size));
    rest.remove_prefix(opcode.size);
    if (count > rest.size()) return cut_off();
    size = static_cast<std::size_t>(count);
  }
  if (rest.size() < size) return cut_off();
  const std::string_view argument = rest.substr(0, size);
  rest.remove_prefix(size);
  return argument;
}

}  // namespace

bool is_pickle(std::string_view bytes) { return bytes.size() > 2 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5; }

// A booster's state is a dictionary: "handle" stands before the bytes of the model, "best_ntree_limit" before a number.
Outcome<PickledBooster> find_booster(std::string_view pickle) {
  PickledBooster found;
  bool has_model = false, in_handle = false, ended = false;
  std::string_view name;
  for (std::string_view rest = pickle; !rest.empty() && !ended;) {
    const auto code = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    const Opcode opcode = opcode_of(code);
    if (opcode.framing == Framing::unknown) return validation("The model's pickle has an opcode that no pickle has: {:#04x}.", code);
    TRY(const std::string_view argument, take_argument(opcode, rest));
    ended = code == '.';
    if (is_text(code)) {
      name = argument;
      in_handle = in_handle || name == "handle";
    } else if (is_bytes(code) && in_handle && !has_model) {
      found.model = argument;
      has_model = true;
    } else if (is_small_number(code) && name == "best_ntree_limit") {
      const std::uint64_t limit = little_endian(argument);
      if (limit < 1U << 31) found.tree_limit = static_cast<unsigned>(limit);
    }
    if (!is_text(code) && !is_memo(code)) name = {};
  }
  if (!ended) return cut_off();
  if (!has_model || found.model.empty()) return validation("The model's pickle holds no booster of XGBoost.");
  return found;
}

}  // namespace clary::model_server
