#include <algorithm>
#include <set>

#include "meta/page_token.hpp"
#include "services/cloudwatch/handlers.hpp"
#include "services/cloudwatch/periods.hpp"
#include "wire/json.hpp"

namespace clary::services::cloudwatch {

namespace {

constexpr std::size_t most_queries = 500;
constexpr std::int64_t most_points_a_call = 100'800;

template <typename... Args>
Error wrong(fmt::format_string<Args...> format, Args&&... args) {
  return aws_error(ErrorKind::validation, "ValidationException", format, std::forward<Args>(args)...);
}
Error missing(const std::string& name) {
  return aws_error(ErrorKind::validation, "MissingRequiredParameterException", "The parameter {} is required.", name);
}

bool is_id(std::string_view id) {
  if (id.empty() || id[0] < 'a' || id[0] > 'z') return false;
  return id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
}

// `at` is the query's name in messages: "MetricDataQueries.member.1".
Outcome<void> check(const MetricDataQuery& query, const std::string& at) {
  if (!is_id(query.Id))
    return wrong("The value {} for parameter {}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.", query.Id, at);
  if (query.Expression && query.MetricStat)
    return wrong("The parameters {0}.Expression and {0}.MetricStat are mutually exclusive and you have specified both.", at);
  if (query.Expression)
    return wrong("The parameter {0}.Expression is not served by Clary: neither metric math nor queries in SQL are. Ask for a metric by {0}.MetricStat.",
                 at);
  if (!query.MetricStat) return wrong("One of the parameters {0}.MetricStat and {0}.Expression must be specified.", at);
  const MetricStat& wanted = *query.MetricStat;
  if (!wanted.Metric.Namespace) return missing(at + ".MetricStat.Metric.Namespace");
  if (!wanted.Metric.MetricName) return missing(at + ".MetricStat.Metric.MetricName");
  if (!read_statistic(wanted.Stat))
    return wrong("The value {} for parameter {}.MetricStat.Stat is not supported: SampleCount, Average, Sum, Minimum, Maximum and percentiles "
                 "(p0 to p100) are served.",
                 wanted.Stat, at);
  if (!is_period(wanted.Period)) return wrong("The parameter {}.MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60.", at);
  return {};
}

Outcome<void> check(const GetMetricDataInput& in) {
  if (in.MetricDataQueries.empty()) return missing("MetricDataQueries");
  if (in.MetricDataQueries.size() > most_queries)
    return wrong("The collection MetricDataQueries must not have a size greater than {}.", most_queries);
  if (in.StartTime >= in.EndTime) return wrong("The parameter StartTime must be less than the parameter EndTime.");
  if (in.MaxDatapoints && (*in.MaxDatapoints < 1 || *in.MaxDatapoints > most_points_a_call))
    return wrong("The parameter MaxDatapoints must be between 1 and {}.", most_points_a_call);
  std::set<std::string_view> ids;
  bool any = false;
  for (std::size_t i = 0; i < in.MetricDataQueries.size(); ++i) {
    const MetricDataQuery& query = in.MetricDataQueries[i];
    CHECK_OK(check(query, fmt::format("MetricDataQueries.member.{}", i + 1)));
    if (!ids.insert(query.Id).second) return wrong("The values for parameter Id in MetricDataQueries are not unique.");
    any = any || query.ReturnData.value_or(true);
  }
  if (!any) return wrong("At least one of the MetricDataQueries must have ReturnData true.");
  return {};
}

// A page goes on at a query (its number) and behind a time in it.
class Pages {
 public:
  Pages(const GetMetricDataInput& in) : descending_(in.ScanBy.value_or("TimestampDescending") == "TimestampDescending") {
    GetMetricDataInput asked = in;
    asked.NextToken.reset(), asked.MaxDatapoints.reset();
    query_ = wire::to_document(GetMetricDataInput_shape, asked);
    left_ = in.MaxDatapoints.value_or(most_points_a_call);
  }

  Outcome<void> go_on(const std::string& token) {
    auto place = meta::read_page_token(query_, token);
    if (!place) return aws_error(ErrorKind::validation, "InvalidNextToken", "The NextToken is not one of this query.");
    place_ = {place->id, Time{place->number}};
    return {};
  }
  bool is_done(std::int64_t query) const { return place_ && query < place_->query; }
  bool full() const { return next_.has_value(); }

  // Adds the values of a query, as many as the page still holds; in order of time, as asked.
  void add(std::int64_t query, std::vector<std::pair<Time, double>> values, MetricDataResult& result) {
    if (descending_) std::reverse(values.begin(), values.end());
    for (const auto& [time, value] : values) {
      if (place_ && query == place_->query && (descending_ ? time >= place_->time : time <= place_->time)) continue;
      if (left_ == 0) {
        next_ = Place{query, result.Timestamps->empty() ? before_all() : result.Timestamps->back()};
        if (place_ && query == place_->query && result.Timestamps->empty()) next_->time = place_->time;
        return;
      }
      --left_;
      result.Timestamps->push_back(time);
      result.Values->push_back(value);
    }
  }
  std::optional<std::string> token() const {
    if (!next_) return std::nullopt;
    return meta::make_page_token(query_, {.number = next_->time.micros, .id = next_->query});
  }

 private:
  struct Place {
    std::int64_t query = 0;
    Time time;  // of the last value told
  };
  Time before_all() const { return {descending_ ? INT64_MAX : INT64_MIN}; }

  const bool descending_;
  std::string query_;
  std::int64_t left_ = 0;
  std::optional<Place> place_, next_;
};

Outcome<std::vector<std::pair<Time, double>>> read_values(Context& call, const GetMetricDataInput& in, const MetricStat& wanted) {
  const meta::MetricId metric = metric_id(*wanted.Metric.Namespace, *wanted.Metric.MetricName, wanted.Metric.Dimensions);
  const Time start = rounded_start(in.StartTime, wanted.Period, call.clock.now());
  TRY(auto periods, call.store.read([&](meta::Session& session) {
    return read_periods(session, call.scope, metric, {start, in.EndTime, wanted.Unit}, wanted.Period, Units::together);
  }));
  const Statistic statistic = *read_statistic(wanted.Stat);
  std::vector<std::pair<Time, double>> values;
  for (const meta::Datum& period : periods) {
    if (auto value = value_of(statistic, period)) values.emplace_back(period.time, *value);
  }
  return values;
}

}  // namespace

Outcome<GetMetricDataOutput> get_metric_data(Context& call, const GetMetricDataInput& in) {
  CHECK_OK(check(in));
  Pages pages(in);
  if (in.NextToken) CHECK_OK(pages.go_on(*in.NextToken));
  GetMetricDataOutput out;
  out.MetricDataResults.emplace();
  out.Messages.emplace();
  for (std::size_t i = 0; i < in.MetricDataQueries.size(); ++i) {
    const MetricDataQuery& query = in.MetricDataQueries[i];
    const auto number = static_cast<std::int64_t>(i);
    if (!query.ReturnData.value_or(true) || pages.is_done(number)) continue;
    MetricDataResult result{.Id = query.Id, .Label = query.Label.value_or(*query.MetricStat->Metric.MetricName)};
    result.Timestamps.emplace();
    result.Values.emplace();
    if (!pages.full()) {
      TRY(auto values, read_values(call, in, *query.MetricStat));
      pages.add(number, std::move(values), result);
    }
    result.StatusCode = pages.full() ? "PartialData" : "Complete";
    out.MetricDataResults->push_back(std::move(result));
  }
  out.NextToken = pages.token();
  return out;
}

}  // namespace clary::services::cloudwatch
