// A CloudWatch Logs filter pattern over unstructured text: terms that must all be there, `?term`s of which one must, `-term`s that must
// not, "quoted phrases", and %regular expressions%. Source: "Filter pattern syntax", CloudWatch Logs User Guide.
// A value; matches() may be called from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"

namespace re2 {
class RE2;
}

namespace clary::services::logs {

class FilterPattern {
 public:
  // InvalidParameterException for what is broken, and for JSON ({...}) and space-delimited ([...]) patterns, which are not served.
  static Outcome<FilterPattern> parse(std::string_view text);
  bool matches(std::string_view message) const;

 private:
  std::vector<std::string> all_, any_, none_;
  std::vector<std::shared_ptr<re2::RE2>> expressions_;
};

}  // namespace clary::services::logs
