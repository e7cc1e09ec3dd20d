// fuzz: models
// Whatever a model's process sends instead of an HTTP answer: no crash, no limit passed, and the same verdict however the bytes are cut.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "models/answer_parser.hpp"

namespace {

using clary::models::AnswerParser;
constexpr std::size_t body_limit = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_all(AnswerParser& parser, std::string_view data, std::size_t piece) {
  while (!data.empty() && parser.state() == AnswerParser::State::reading) {
    std::size_t size = std::min(piece, data.size());
    parser.feed(data.substr(0, size));
    data.remove_prefix(size);
  }
  parser.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  AnswerParser whole(body_limit), cut(body_limit);
  read_all(whole, text, text.size());
  read_all(cut, text, 1 + data[0] % 64);
  require(whole.state() != AnswerParser::State::reading);
  require(whole.state() == cut.state());
  require(whole.body.size() <= body_limit && cut.body.size() <= body_limit);
  if (whole.state() == AnswerParser::State::done) {
    require(whole.status >= 200 && whole.status <= 599);
    require(whole.status == cut.status && whole.body == cut.body && whole.content_type == cut.content_type);
  }
  return 0;
}
