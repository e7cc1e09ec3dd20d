#include "transform/json_path.hpp"

#include <algorithm>
#include <charconv>

#include "transform/json_text.hpp"

namespace clary::transform {

class JsonPath::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Outcome<JsonPath> run() {
    JsonPath path;
    if (text_.empty()) return path;
    bool fine = take('$');
    while (fine && at_ < text_.size()) fine = step(path.steps_);
    if (fine) return path;
    return validation("\"{}\" is not a JSONPath that batch transform knows (near \"{}\")", text_, text_.substr(at_));
  }

 private:
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void space() {
    while (take(' ')) continue;
  }
  bool step(std::vector<Step>& steps) {
    if (take('.')) {
      if (at_ < text_.size() && text_[at_] == '[') return bracket(steps);
      if (take('*')) {
        steps.emplace_back(Every{});
        return true;
      }
      const std::size_t end = std::min(text_.find_first_of(".[] '\"*", at_), text_.size());
      if (end == at_) return false;
      steps.emplace_back(std::vector<std::string>{std::string(text_.substr(at_, end - at_))});
      at_ = end;
      return true;
    }
    return bracket(steps);
  }
  bool bracket(std::vector<Step>& steps) {
    if (!take('[')) return false;
    space();
    if (take('*')) {
      steps.emplace_back(Every{});
      space();
      return take(']');
    }
    const bool named = at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"');
    std::vector<std::string> names;
    std::vector<Range> ranges;
    do {
      space();
      if (named ? !name(names) : !range(ranges)) return false;
      space();
    } while (take(','));
    if (named) {
      steps.emplace_back(std::move(names));
    } else {
      steps.emplace_back(std::move(ranges));
    }
    return take(']');
  }
  bool name(std::vector<std::string>& names) {
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return false;
    const char quote = text_[at_++];
    std::string& name = names.emplace_back();
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      name += text_[at_++];
    }
    return take(quote);
  }
  bool number(std::optional<std::int64_t>& number) {
    std::int64_t value = 0;
    const char* start = text_.data() + at_;
    auto [end, code] = std::from_chars(start, text_.data() + text_.size(), value);
    if (code == std::errc::result_out_of_range) return false;
    if (code != std::errc()) return true;  // none
    number = value;
    at_ += static_cast<std::size_t>(end - start);
    return true;
  }
  bool range(std::vector<Range>& ranges) {
    Range& range = ranges.emplace_back();
    if (!number(range.from)) return false;
    space();
    if (!take(':')) {
      range.single = true;
      return range.from.has_value();
    }
    space();
    return number(range.to);
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

Outcome<JsonPath> JsonPath::parse(std::string_view text) {
  return Parser(text).run();
}

bool JsonPath::for_rows() const {
  return steps_.empty() || (steps_.size() == 1 && !std::holds_alternative<std::vector<std::string>>(steps_.front()));
}

Outcome<std::vector<std::size_t>> JsonPath::places(const std::vector<Range>& ranges, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  std::vector<std::size_t> places;
  for (const auto& range : ranges) {
    if (range.single) {
      const std::int64_t place = *range.from < 0 ? *range.from + count : *range.from;
      if (place < 0 || place >= count) return validation("it has {} elements, and the filter asks for [{}]", size, *range.from);
      places.push_back(static_cast<std::size_t>(place));
      continue;
    }
    auto bound = [&](const std::optional<std::int64_t>& given, std::int64_t otherwise) {
      if (!given) return otherwise;
      return std::clamp<std::int64_t>(*given < 0 ? *given + count : *given, 0, count);
    };
    for (std::int64_t place = bound(range.from, 0), end = bound(range.to, count); place < end; ++place)
      places.push_back(static_cast<std::size_t>(place));
  }
  return places;
}

Outcome<std::vector<std::string_view>> JsonPath::of_row(const std::vector<std::string_view>& fields) const {
  if (steps_.empty()) return fields;
  const auto* ranges = std::get_if<std::vector<Range>>(&steps_.front());
  if (ranges == nullptr) return fields;
  TRY(const auto chosen, places(*ranges, fields.size()));
  std::vector<std::string_view> row;
  row.reserve(chosen.size());
  for (const std::size_t place : chosen) row.push_back(fields[place]);
  return row;
}

Outcome<std::string> JsonPath::of_json(std::string_view document) const {
  TRY(const std::string_view value, json_value(document));
  return evaluate(value, 0);
}

Outcome<std::string> JsonPath::evaluate(std::string_view document, std::size_t step) const {
  if (step == steps_.size()) return std::string(document);
  if (const auto* names = std::get_if<std::vector<std::string>>(&steps_[step])) return of_names(document, *names, step);
  if (std::holds_alternative<Every>(steps_[step]) && is_json_object(document)) {
    TRY(const auto members, json_members(document));
    std::vector<std::string_view> values;
    for (const auto& member : members) values.push_back(member.value);
    return of_elements(values, step + 1);
  }
  TRY(auto elements, json_elements(document));
  if (const auto* ranges = std::get_if<std::vector<Range>>(&steps_[step])) {
    TRY(const auto chosen, places(*ranges, elements.size()));
    if (ranges->size() == 1 && ranges->front().single) return evaluate(elements[chosen.front()], step + 1);
    std::vector<std::string_view> some;
    for (const std::size_t place : chosen) some.push_back(elements[place]);
    elements = std::move(some);
  }
  return of_elements(elements, step + 1);
}

Outcome<std::string> JsonPath::of_names(std::string_view document, const std::vector<std::string>& names,
                                        std::size_t step) const {
  TRY(const auto members, json_members(document));
  std::string object = "{";
  for (const auto& name : names) {
    const auto found = std::find_if(members.begin(), members.end(), [&](const JsonMember& of) { return of.name == name; });
    if (found == members.end()) return validation("it has no \"{}\", which the filter asks for", name);
    TRY(std::string value, evaluate(found->value, step + 1));
    if (names.size() == 1) return value;
    if (object.size() > 1) object += ',';
    object.append(found->key).append(":").append(value);
  }
  return object + "}";
}

Outcome<std::string> JsonPath::of_elements(const std::vector<std::string_view>& elements, std::size_t step) const {
  std::string array = "[";
  for (const auto element : elements) {
    TRY(const std::string value, evaluate(element, step));
    if (array.size() > 1) array += ',';
    array += value;
  }
  return array + "]";
}

}  // namespace clary::transform
