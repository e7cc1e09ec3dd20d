#include "services/sagemaker/search_query.hpp"

#include <gmock/gmock.h>

#include "base/test_scope.hpp"
#include "search/list.hpp"
#include "services/sagemaker/search_properties.hpp"
#include "services/sagemaker/search_values.hpp"

namespace clary::services::sagemaker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;
using Kind = search::Property::Kind;


std::vector<std::string> columns_of(const wire::Shape& shape, std::string_view name) {
  auto found = find_property(shape, name);
  return found ? found->property.columns : std::vector<std::string>{"unknown"};
}
std::vector<std::string> columns_of(std::string_view name) { return columns_of(TrialComponent_shape, name); }

TEST(SearchPropertiesTest, MembersInAnyCaseAndNamesToTheLetter) {
  EXPECT_THAT(columns_of("DisplayName"), ElementsAre("DisplayName"));
  EXPECT_THAT(columns_of("status.primarystatus"), ElementsAre("Status.PrimaryStatus"));
  EXPECT_THAT(columns_of("parameters.Learning.rate:1"), ElementsAre("Parameters.Learning.rate:1"));
  EXPECT_THAT(columns_of("Tags.aws:x.y"), ElementsAre("Tags.aws:x.y"));
  EXPECT_THAT(columns_of("CreatedBy.IamIdentity.arn"), ElementsAre("CreatedBy.IamIdentity.Arn"));
  for (const char* unknown : {"", ".", "Displayname.", "DisplayName.x", "Colour", "Status.Colour", "Parents.x", "Source.SourceArn.x", "..",
                              "Parameters."})
    EXPECT_THAT(columns_of(unknown), ElementsAre("unknown")) << unknown;
}

TEST(SearchPropertiesTest, MetricsAndTheirStatistics) {
  EXPECT_THAT(columns_of("metrics.test:accuracy.max"), ElementsAre("Metrics.test:accuracy.Max", "Metrics.test:accuracy.max.Last"));
  EXPECT_THAT(columns_of("Metrics.a.b.StdDev"), ElementsAre("Metrics.a.b.StdDev", "Metrics.a.b.StdDev.Last"));
  EXPECT_THAT(columns_of("Metrics.loss"), ElementsAre("Metrics.loss.Last"));
  EXPECT_THAT(columns_of("Metrics.val.loss"), ElementsAre("Metrics.val.loss.Last"));
  EXPECT_THAT(columns_of("Metrics.max"), ElementsAre("Metrics.max.Last"));
  EXPECT_THAT(columns_of("Metrics.loss.SourceArn"), ElementsAre("Metrics.loss.SourceArn.Last"));
  EXPECT_EQ(find_property(TrialComponent_shape, "Metrics.loss.TimeStamp")->type, PropertyType::time);
  EXPECT_EQ(find_property(TrialComponent_shape, "Metrics.loss.Count")->type, PropertyType::number);
  EXPECT_THAT(columns_of(TrainingJob_shape, "Metrics.test:loss"), ElementsAre("Metrics.test:loss"));
}

TEST(SearchPropertiesTest, TypesListsMapsAndGroups) {
  auto type = [](const wire::Shape& shape, std::string_view name) { return find_property(shape, name)->type; };
  EXPECT_EQ(type(TrialComponent_shape, "Parameters.x"), PropertyType::either);
  EXPECT_EQ(type(TrialComponent_shape, "Parameters"), PropertyType::group);
  EXPECT_EQ(type(TrialComponent_shape, "StartTime"), PropertyType::time);
  EXPECT_EQ(type(TrialComponent_shape, "SourceDetail.TrainingJob.HyperParameters.x"), PropertyType::number_in_text);
  EXPECT_EQ(type(TrainingJob_shape, "EnableNetworkIsolation"), PropertyType::boolean);
  EXPECT_EQ(type(TrainingJob_shape, "ResourceConfig.VolumeSizeInGB"), PropertyType::number);
  EXPECT_THAT(columns_of("InputArtifacts.my.data.mediatype"),
              ElementsAre("InputArtifacts.my.data.MediaType", "InputArtifacts.my.data.mediatype.Value"));
  EXPECT_THAT(columns_of("InputArtifacts.my.data"), ElementsAre("InputArtifacts.my.data.Value"));

  auto uri = find_property(TrainingJob_shape, "InputDataConfig.dataSource.S3DataSource.s3uri");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->property.kind, Kind::elements);
  EXPECT_THAT(uri->property.columns, ElementsAre("InputDataConfig"));
  EXPECT_EQ(uri->property.inside, "DataSource.S3DataSource.S3Uri");
  EXPECT_THAT(columns_of(ModelDashboardModel_shape, "ModelName"), ElementsAre("Model.ModelName"));
  EXPECT_THAT(columns_of(ModelDashboardModel_shape, "Model.ModelName"), ElementsAre("Model.ModelName"));
  EXPECT_THAT(columns_of(Trial_shape, "TrialComponentSummaries"), ElementsAre("unknown"));
}

// Whatever a record has can be asked for by the name that its column has.
TEST(SearchPropertiesTest, EveryColumnHasAName) {
  TrialComponent component;
  component.DisplayName = "Training";
  component.Status = TrialComponentStatus{"Completed", "done"};
  component.StartTime = Time{1'500'000};
  component.Parameters.emplace();
  (*component.Parameters)["a.b:c"].NumberValue = 0.5;
  (*component.Parameters)["optimizer"].StringValue = "sgd";
  component.InputArtifacts.emplace();
  (*component.InputArtifacts)["data"] = {.MediaType = "text/csv", .Value = "s3://b/k"};
  component.Metrics = std::vector<TrialComponentMetricSummary>{{.MetricName = "test:loss", .SourceArn = "arn", .Max = 2, .Count = 3}};
  component.Parents = std::vector<Parent>{{"t1", "e"}, {"t2", "e"}};
  component.Tags = std::vector<Tag>{{"team", "x"}};
  search::Values values;
  add_values(TrialComponent_shape, &component, values);
  std::map<std::string, search::Value> columns(values.begin(), values.end());
  EXPECT_EQ(columns.size(), values.size()) << "each column once";
  EXPECT_EQ(columns["Parameters.a.b:c"], search::Value(0.5));
  EXPECT_EQ(columns["Parameters.optimizer"], search::Value("sgd"));
  EXPECT_EQ(columns["StartTime"], search::Value(1500.0));
  EXPECT_EQ(columns["Metrics.test:loss.Max"], search::Value(2.0));
  EXPECT_EQ(columns["Metrics.test:loss.Count"], search::Value(3.0));
  EXPECT_EQ(columns["Tags.team"], search::Value("x"));
  EXPECT_EQ(columns["InputArtifacts.data.Value"], search::Value("s3://b/k"));
  EXPECT_FALSE(columns.contains("Metrics"));
  for (const auto& [name, value] : columns) {
    auto found = find_property(TrialComponent_shape, name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->property.columns.front(), name);
  }
  std::vector<std::pair<std::uint32_t, std::string>> parents;
  search::each_value(std::get<std::string>(columns["Parents"]), [&](const search::ListValue& value) {
    parents.emplace_back(value.element, fmt::format("{}={}", value.path, value.text));
    return true;
  });
  EXPECT_THAT(parents, ElementsAre(Pair(0, "TrialName=t1"), Pair(0, "ExperimentName=e"), Pair(1, "TrialName=t2"), Pair(1, "ExperimentName=e")));
}

TEST(SearchPropertiesTest, NamesOfAllTypesAreFound) {
  for (const Searched& type : searched_types()) {
    const auto names = property_names(type.shape());
    EXPECT_FALSE(names.empty());
    for (const std::string& name : names) EXPECT_TRUE(find_property(type.shape(), name)) << type.resource << " " << name;
  }
}

class SearchQueryTest : public ::testing::Test {
 protected:
  Outcome<search::Query> compile(SearchRequest in, std::string_view resource = "ExperimentTrialComponent") {
    in.Resource = resource;
    return to_query(*find_searched(resource), here, in);
  }
  Outcome<search::Filter> filter(const std::string& name, std::optional<std::string> op, std::optional<std::string> value,
                                 std::string_view resource = "ExperimentTrialComponent") {
    SearchExpression expression;
    expression.Filters = std::vector<Filter>{{name, std::move(op), std::move(value)}};
    TRY(auto query, compile({.SearchExpression = expression}, resource));
    return query.where->filters.front();
  }
  std::string fault(const std::string& name, std::optional<std::string> op, std::optional<std::string> value) {
    auto compiled = filter(name, std::move(op), std::move(value));
    EXPECT_FALSE(compiled);
    if (compiled) return {};
    EXPECT_EQ(compiled.error().kind, ErrorKind::validation);
    return compiled.error().message;
  }
};

TEST_F(SearchQueryTest, EveryOperator) {
  using search::Operator;
  const std::tuple<const char*, Operator, bool> numbers[] = {
      {"Equals", Operator::equals, false}, {"NotEquals", Operator::equals, true}, {"GreaterThan", Operator::greater, false},
      {"GreaterThanOrEqualTo", Operator::greater_or_equal, false}, {"LessThan", Operator::less, false},
      {"LessThanOrEqualTo", Operator::less_or_equal, false}};
  for (const auto& [name, op, negated] : numbers) {
    auto compiled = filter("Metrics.loss.Min", name, "0.5");
    ASSERT_TRUE(compiled) << name;
    EXPECT_EQ(compiled->test.op, op);
    EXPECT_EQ(compiled->negated, negated);
    EXPECT_EQ(compiled->test.number, 0.5);
    EXPECT_FALSE(compiled->test.text);
  }
  EXPECT_EQ(filter("DisplayName", "Contains", "x")->test.text, "x");
  EXPECT_THAT(filter("DisplayName", "In", "a,b c,,d")->test.texts, ElementsAre("a", "b c", "", "d"));
  EXPECT_EQ(filter("DisplayName", "Exists", std::nullopt)->test.op, Operator::exists);
  EXPECT_TRUE(filter("DisplayName", "NotExists", "ignored")->negated);
  EXPECT_EQ(filter("DisplayName", std::nullopt, "x")->test.op, Operator::equals);
}

TEST_F(SearchQueryTest, ValuesOfTheirType) {
  auto either = filter("Parameters.x", "Equals", "0.50");
  EXPECT_EQ(either->test.number, 0.5);
  EXPECT_EQ(either->test.text, "0.50");
  EXPECT_FALSE(filter("Parameters.x", "Equals", "1e999")->test.number) << "a text then";
  EXPECT_FALSE(filter("Parameters.x", "LessThan", "1")->test.text);
  auto whole = filter("HyperParameters.x", "LessThan", "1", "TrainingJob"), decimal = filter("HyperParameters.x", "LessThan", "1.0", "TrainingJob");
  EXPECT_TRUE(whole->test.numbers_in_texts && whole->test.whole);
  EXPECT_TRUE(decimal->test.numbers_in_texts && !decimal->test.whole);
  EXPECT_EQ(filter("EnableNetworkIsolation", "Equals", "True", "TrainingJob")->test.number, 1);
  auto second = filter("StartTime", "Equals", "1970-01-01T00:00:05"), exact = filter("StartTime", "Equals", "1970-01-01T02:00:05.250+02:00");
  EXPECT_EQ(second->test.number, 5000);
  EXPECT_EQ(second->test.width, 999);
  EXPECT_EQ(exact->test.number, 5250);
  EXPECT_EQ(exact->test.width, 0);
}

TEST_F(SearchQueryTest, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(fault("Colour", "Equals", "x"), "Unknown property name: Colour");
  EXPECT_THAT(fault("DisplayName", "LessThan", "x"), HasSubstr("operator LessThan is not supported"));
  EXPECT_THAT(fault("Metrics.a.Max", "In", "1"), HasSubstr("operator In is not supported"));
  EXPECT_THAT(fault("Parameters", "NotEquals", "1"), HasSubstr("operator NotEquals is not supported"));
  EXPECT_THAT(fault("Metrics.a.Max", "Equals", "0x1"), HasSubstr("Invalid value '0x1'"));
  EXPECT_THAT(fault("Metrics.a.Max", "Equals", "1 "), HasSubstr("Invalid value '1 '"));
  EXPECT_THAT(fault("Metrics.a.Max", "Equals", "inf"), HasSubstr("Invalid value 'inf'"));
  EXPECT_THAT(fault("Parameters.a", "LessThan", "x"), HasSubstr("Invalid value 'x'"));
  EXPECT_THAT(fault("StartTime", "Equals", "5"), HasSubstr("ISO 8601"));
  EXPECT_THAT(fault("DisplayName", "Equals", std::nullopt), HasSubstr("needs a value"));
}

TEST_F(SearchQueryTest, FiftyConditionsInAllAndOneContains) {
  SearchExpression expression, inner;
  inner.Filters = std::vector<Filter>(16, {"DisplayName", "Exists", std::nullopt});
  expression.SubExpressions = std::vector<SearchExpression>{inner, inner};
  expression.Filters = inner.Filters;
  EXPECT_TRUE(compile({.SearchExpression = expression})) << "2 + 3 * 16 = 50";
  expression.Filters->push_back(expression.Filters->front());
  auto beyond = compile({.SearchExpression = expression});
  ASSERT_FALSE(beyond);
  EXPECT_THAT(beyond.error().message, HasSubstr("at most 50"));

  const Filter message{"Status.Message", "Contains", "x"};
  inner.Filters = std::vector<Filter>{message};
  expression = {.Filters = inner.Filters, .SubExpressions = std::vector<SearchExpression>{inner}};
  auto twice = compile({.SearchExpression = expression});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message, "'CONTAINS' operator usage limit of 1 exceeded.");
  inner.Filters = std::vector<Filter>{message, {"DisplayName", "Contains", "a"}, {"Tags.a", "Contains", "a"}, {"InputArtifacts", "Contains", "a"}};
  EXPECT_TRUE(compile({.SearchExpression = inner}));
}

TEST_F(SearchQueryTest, TheOrderThatNobodyAskedFor) {
  auto query = compile({});
  ASSERT_TRUE(query);
  EXPECT_FALSE(query->where);
  EXPECT_THAT(query->order.columns, ElementsAre("LastModifiedTime"));
  EXPECT_TRUE(query->descending);
  EXPECT_EQ(query->limit, 10U);
  EXPECT_THAT(compile({}, "Model")->order.columns, ElementsAre("Model.CreationTime"));
}

TEST_F(SearchQueryTest, ATokenIsOfItsRequest) {
  SearchRequest in;
  in.Resource = "ExperimentTrialComponent";
  in.SortBy = "Metrics.loss.Min";
  using Place = search::Place;
  const Place places[] = {{Place::Kind::number, -0.125, "", 7}, {Place::Kind::text, 0, "a\n.b", 8}, {Place::Kind::absent, 0, "", 9}};
  for (const Place& place : places) {
    SearchRequest next = in;
    next.MaxResults = 5;
    next.NextToken = next_token(here, in, place);
    auto query = compile(next);
    ASSERT_TRUE(query) << query.error().message;
    EXPECT_EQ(query->after->kind, place.kind);
    EXPECT_EQ(query->after->number, place.number);
    EXPECT_EQ(query->after->text, place.text);
    EXPECT_EQ(query->after->id, place.id);
    next.SortOrder = "Ascending";
    auto other = compile(next);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("Invalid pagination token"));
  }
}

}  // namespace
}  // namespace clary::services::sagemaker
