#include <algorithm>
#include <cmath>
#include <map>

#include "services/cloudwatch/handlers.hpp"
#include "services/cloudwatch/periods.hpp"
#include "services/repeated.hpp"

namespace clary::services::cloudwatch {

namespace {

constexpr std::size_t most_metrics = 1000, most_values = 150, most_told = 20;
constexpr std::int64_t oldest_seconds = 14 * 24 * 3600, newest_seconds = 2 * 3600;
const double largest = std::ldexp(1, 360);

// What is wrong with the data of a request, as CloudWatch tells it: a line a fault, under the code of the first.
class Faults {
 public:
  template <typename... Args>
  void add(const char* code, fmt::format_string<Args...> format, Args&&... args) {
    if (count_++ >= most_told) return;
    if (code_.empty()) code_ = code;
    message_ += (message_.empty() ? "" : "\n") + fmt::format(format, std::forward<Args>(args)...);
  }
  Outcome<void> result() const {
    if (count_ == 0) return {};
    return aws_error(ErrorKind::validation, code_, "{}", message_);
  }
  std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
  std::string code_, message_;
};

constexpr const char* invalid_value = "InvalidParameterValueException";
constexpr const char* invalid_combination = "InvalidParameterCombinationException";
constexpr const char* missing_parameter = "MissingRequiredParameterException";

// What a namespace, and a dimension's name and value, may be: ASCII without control characters, and not spaces alone.
bool is_plain(std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return ascii && text.find_first_not_of(' ') != std::string_view::npos;
}

// Reads one MetricDatum; `at` is its name in messages: "MetricData.member.1".
class DatumReader {
 public:
  DatumReader(const MetricDatum& in, std::string at, Time now, Faults& faults) : in_(in), at_(std::move(at)), now_(now), faults_(faults) {}

  meta::Datum read() {
    meta::Datum datum{.time = in_.Timestamp.value_or(now_), .unit = in_.Unit.value_or("None"), .values = {}};
    check_time();
    check_dimensions();
    const std::int64_t resolution = in_.StorageResolution.value_or(60);
    if (resolution != 1 && resolution != 60)
      faults_.add(invalid_value, "The value {} for parameter {}.StorageResolution is invalid.", resolution, at_);
    datum.each_second = resolution == 1;
    if (only_one_form()) {
      if (in_.Value) read_value(datum);
      if (in_.Values) read_values(datum);
      if (in_.StatisticValues) read_statistics(datum);
    }
    return datum;
  }

 private:
  void check_time() {
    if (!in_.Timestamp) return;
    const std::int64_t age = now_.micros - in_.Timestamp->micros;
    if (age > oldest_seconds * 1'000'000)
      faults_.add(invalid_value, "The parameter {}.Timestamp must specify a time within the past two weeks.", at_);
    if (-age > newest_seconds * 1'000'000)
      faults_.add(invalid_value, "The parameter {}.Timestamp must specify a time no more than two hours in the future.", at_);
  }

  void check_dimensions() {
    if (!in_.Dimensions) return;
    std::map<std::string_view, int> names;
    std::size_t place = 0;
    for (const Dimension& dimension : *in_.Dimensions) {
      ++place;
      if (!is_plain(dimension.Name) || dimension.Name.starts_with(':'))
        faults_.add(invalid_value, "The value {} for parameter {}.Dimensions.member.{}.Name is invalid.", dimension.Name, at_, place);
      if (!is_plain(dimension.Value))
        faults_.add(invalid_value, "The value {} for parameter {}.Dimensions.member.{}.Value is invalid.", dimension.Value, at_, place);
      if (++names[dimension.Name] == 2)
        faults_.add(invalid_value, "The parameter {}.Dimensions has the name {} more than once.", at_, dimension.Name);
    }
  }

  bool only_one_form() {
    std::vector<std::string> given;
    if (in_.Value) given.push_back("Value");
    if (in_.Values) given.push_back("Values");
    if (in_.StatisticValues) given.push_back("StatisticValues");
    if (given.empty()) {
      faults_.add(missing_parameter, "At least one of the parameters {0}.Value, {0}.Values and {0}.StatisticValues must be specified.", at_);
    } else if (given.size() > 1) {
      faults_.add(invalid_combination, "The parameters {0}.{1} and {0}.{2} are mutually exclusive and you have specified both.", at_, given[0],
                  given[1]);
    } else if (in_.Counts && !in_.Values) {
      faults_.add(invalid_combination, "The parameter {0}.Counts can be given with the parameter {0}.Values only.", at_);
    } else {
      return true;
    }
    return false;
  }

  bool is_value(double value, std::string_view name) {
    if (std::isfinite(value) && std::abs(value) <= largest) return true;
    faults_.add(invalid_value, "The value {} for parameter {}.{} is invalid.", std::isnan(value) ? "NaN" : fmt::format("{}", value), at_, name);
    return false;
  }

  void read_value(meta::Datum& datum) {
    if (!is_value(*in_.Value, "Value")) return;
    datum.count = 1, datum.sum = datum.min = datum.max = *in_.Value;
  }

  void read_values(meta::Datum& datum) {
    const auto& values = *in_.Values;
    if (values.empty()) return faults_.add(missing_parameter, "The parameter {}.Values is required.", at_);
    if (values.size() > most_values)
      return faults_.add(invalid_value, "The collection {}.Values must not have a size greater than {}.", at_, most_values);
    if (in_.Counts && in_.Counts->size() != values.size())
      return faults_.add(invalid_value, "The parameters {0}.Values and {0}.Counts must be of the same size.", at_);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double count = in_.Counts ? (*in_.Counts)[i] : 1;
      if (!is_value(values[i], fmt::format("Values.member.{}", i + 1)) || !is_value(count, fmt::format("Counts.member.{}", i + 1))) return;
      if (count < 0) return faults_.add(invalid_value, "The value {} for parameter {}.Counts.member.{} is invalid.", count, at_, i + 1);
      if (count == 0) continue;
      datum.merge({.count = count, .sum = values[i] * count, .min = values[i], .max = values[i], .values = {}});
    }
  }

  void read_statistics(meta::Datum& datum) {
    const StatisticSet& set = *in_.StatisticValues;
    bool good = is_value(set.SampleCount, "StatisticValues.SampleCount");
    good = is_value(set.Sum, "StatisticValues.Sum") && good;
    good = is_value(set.Minimum, "StatisticValues.Minimum") && good;
    good = is_value(set.Maximum, "StatisticValues.Maximum") && good;
    if (!good) return;
    if (set.SampleCount <= 0)
      return faults_.add(invalid_value, "The value {} for parameter {}.StatisticValues.SampleCount is invalid.", set.SampleCount, at_);
    if (set.Minimum > set.Maximum)
      return faults_.add(invalid_combination,
                         "The parameter {0}.StatisticValues.Maximum must be greater than or equal to {0}.StatisticValues.Minimum.", at_);
    datum.count = set.SampleCount, datum.sum = set.Sum, datum.min = set.Minimum, datum.max = set.Maximum;
  }

  const MetricDatum& in_;
  const std::string at_;
  const Time now_;
  Faults& faults_;
};

struct Named {
  std::string at;
  const MetricDatum* datum;
};

// The data of both lists. The entities that data may come with are of use to CloudWatch's console alone: they are not kept.
std::vector<Named> all_data(const PutMetricDataInput& in) {
  std::vector<Named> all;
  auto add = [&](const std::optional<std::vector<MetricDatum>>& data, const std::string& list) {
    if (!data) return;
    for (std::size_t i = 0; i < data->size(); ++i) all.push_back({fmt::format("{}.member.{}", list, i + 1), &(*data)[i]});
  };
  add(in.MetricData, "MetricData");
  if (in.EntityMetricData) {
    for (std::size_t i = 0; i < in.EntityMetricData->size(); ++i)
      add((*in.EntityMetricData)[i].MetricData, fmt::format("EntityMetricData.member.{}.MetricData", i + 1));
  }
  return all;
}

using ByMetric = std::map<std::pair<std::string, std::map<std::string, std::string>>, std::vector<meta::Datum>>;

Outcome<ByMetric> read_data(const PutMetricDataInput& in, Time now) {
  const std::vector<Named> all = all_data(in);
  if (all.empty()) return aws_error(ErrorKind::validation, missing_parameter, "The parameter MetricData is required.");
  if (all.size() > most_metrics) return validation("The collection MetricData must not have a size greater than {}.", most_metrics);
  ByMetric data;
  Faults faults;
  for (const Named& named : all) {
    std::map<std::string, std::string> dimensions;
    for (const Dimension& dimension : named.datum->Dimensions.value_or(std::vector<Dimension>{})) dimensions[dimension.Name] = dimension.Value;
    meta::Datum datum = DatumReader(*named.datum, named.at, now, faults).read();
    if (datum.count > 0) data[{named.datum->MetricName, std::move(dimensions)}].push_back(std::move(datum));
    if (faults.count() >= most_told) break;
  }
  CHECK_OK(faults.result());
  return data;
}

}  // namespace

Outcome<PutMetricDataOutput> put_metric_data(Context& call, const PutMetricDataInput& in) {
  if (in.Namespace.starts_with("AWS/")) return validation("The value AWS/ for parameter Namespace is invalid.");
  if (!is_plain(in.Namespace)) return validation("The value {} for parameter Namespace is invalid.", in.Namespace);
  TRY(const ByMetric data, read_data(in, call.clock.now()));
  CHECK_OK(call.store.write([&](meta::Session& session) -> Outcome<void> {
    TRY(const bool repeated, is_repeated(session, call.request));
    if (repeated) return {};
    for (const auto& [key, values] : data) {
      meta::MetricId metric{in.Namespace, key.first, {}};
      for (const auto& [name, value] : key.second) metric.dimensions.push_back({name, value});
      CHECK_OK(meta::put(session, call.scope, metric, values));
    }
    return {};
  }));
  return PutMetricDataOutput{};
}

}  // namespace clary::services::cloudwatch
