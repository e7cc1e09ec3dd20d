#include "search/find.hpp"

#include <algorithm>
#include <gmock/gmock.h>

#include "search/filter.hpp"
#include "search/list.hpp"

namespace clary::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Ids = std::vector<std::int64_t>;

std::string list_of(const std::vector<std::vector<std::pair<std::string, Value>>>& elements) {
  ListWriter list;
  for (std::uint32_t i = 0; i < elements.size(); ++i) {
    for (const auto& [path, value] : elements[i]) std::visit([&, &path = path](const auto& v) { list.add(i, path, v); }, value);
  }
  return list.bytes();
}

class FindTest : public ::testing::Test {
 protected:
  FindTest() {
    table_.put(1, {{"Name", "one"}, {"Loss", 0.5}, {"Mixed", 1.0}, {"Rate", "0.7"}, {"Map.a", "x"}, {"Time", 5'500.0}});
    table_.put(2, {{"Name", "two"}, {"Loss", 0.25}, {"Mixed", "1"}, {"Rate", "1.5"}, {"Map.b", "needle"}, {"Time", 6'000.0}});
    table_.put(3, {{"Name", "three"}, {"Loss", -1.0}, {"Mixed", "text"}, {"Rate", "\"sgd\""}});
    table_.put(4, {{"Name", ""}});
    table_.put(5, {{"List", list_of({{{"Name", "a"}, {"Size", 1.0}}, {{"Name", "b"}, {"Size", 2.0}, {"Inner.Uri", "s3://x"}}})}});
    table_.put(6, {{"List", list_of({{{"Name", "b"}, {"Size", 1.0}}})}});
  }

  Filter filter(const std::string& column, ValueTest test, bool negated = false) { return {{.columns = {column}}, std::move(test), negated}; }
  Ids matched(const Expression& expression) {
    Ids ids;
    matching(table_, expression).each([&](std::size_t row) { ids.push_back(table_.id_of(row)); });
    return ids;
  }
  Ids matched(Filter one) { return matched(Expression{.filters = {std::move(one)}}); }
  Ids compared(const std::string& column, Operator op, double number, bool negated = false) {
    return matched(filter(column, {.op = op, .number = number}, negated));
  }
  Ids texts(const std::string& column, Operator op, const std::string& text, bool negated = false) {
    return matched(filter(column, {.op = op, .text = text}, negated));
  }

  Table table_;
};

TEST_F(FindTest, Numbers) {
  EXPECT_THAT(compared("Loss", Operator::equals, 0.25), ElementsAre(2));
  EXPECT_THAT(compared("Loss", Operator::equals, 0.25, true), ElementsAre(1, 3, 4, 5, 6)) << "also those that have none";
  EXPECT_THAT(compared("Loss", Operator::greater, 0.25), ElementsAre(1));
  EXPECT_THAT(compared("Loss", Operator::greater_or_equal, 0.25), ElementsAre(1, 2));
  EXPECT_THAT(compared("Loss", Operator::less, 0.25), ElementsAre(3));
  EXPECT_THAT(compared("Loss", Operator::less_or_equal, 0.25), ElementsAre(2, 3));
  EXPECT_THAT(compared("Nothing", Operator::less, 9), IsEmpty());
  EXPECT_THAT(compared("Name", Operator::greater_or_equal, -1e308), IsEmpty()) << "texts are no numbers";
  EXPECT_THAT(matched(filter("Time", {.op = Operator::equals, .number = 5000, .width = 999})), ElementsAre(1));
}

TEST_F(FindTest, Texts) {
  EXPECT_THAT(texts("Name", Operator::equals, "two"), ElementsAre(2));
  EXPECT_THAT(texts("Name", Operator::equals, ""), ElementsAre(4));
  EXPECT_THAT(texts("Name", Operator::equals, "Two"), IsEmpty());
  EXPECT_THAT(texts("Name", Operator::equals, "two", true), ElementsAre(1, 3, 4, 5, 6));
  EXPECT_THAT(texts("Name", Operator::contains, "o"), ElementsAre(1, 2));
  EXPECT_THAT(texts("Name", Operator::contains, ""), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(texts("Loss", Operator::contains, "0"), IsEmpty());
  EXPECT_THAT(matched(filter("Name", {.op = Operator::in, .texts = {"three", "one", "four"}})), ElementsAre(1, 3));
  EXPECT_THAT(matched(filter("Name", {})), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(matched(filter("Name", {}, true)), ElementsAre(5, 6));
  EXPECT_THAT(matched(filter("Nothing", {}, true)), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(FindTest, WhatIsANumberHereAndATextThere) {
  EXPECT_THAT(matched(filter("Mixed", {.op = Operator::equals, .number = 1, .text = "1"})), ElementsAre(1, 2));
  EXPECT_THAT(matched(filter("Mixed", {.op = Operator::equals, .text = "text"})), ElementsAre(3));
  EXPECT_THAT(matched(filter("Mixed", {.op = Operator::less, .number = 2})), ElementsAre(1));
}

TEST_F(FindTest, NumbersInTexts) {
  auto rate = [&](Operator op, double number, bool whole) {
    return matched(filter("Rate", {.op = op, .number = number, .numbers_in_texts = true, .whole = whole}));
  };
  EXPECT_THAT(rate(Operator::less, 0.9, false), ElementsAre(1));
  EXPECT_THAT(rate(Operator::less, 1, true), ElementsAre(1));
  EXPECT_THAT(rate(Operator::greater, 1, true), IsEmpty()) << "1.5 counts as 1";
  EXPECT_THAT(rate(Operator::greater, 1, false), ElementsAre(2));
  EXPECT_THAT(rate(Operator::equals, 0.70, false), ElementsAre(1));
  EXPECT_THAT(texts("Rate", Operator::equals, "\"sgd\""), ElementsAre(3));
}

TEST_F(FindTest, AllThatIsBelow) {
  auto below = [&](ValueTest test, bool negated = false) {
    Filter one = filter("Map", std::move(test), negated);
    one.property.kind = Property::Kind::below;
    return matched(one);
  };
  EXPECT_THAT(below({.op = Operator::contains, .text = "eed"}), ElementsAre(2));
  EXPECT_THAT(below({.op = Operator::contains, .text = "a"}), ElementsAre(1)) << "names count too";
  EXPECT_THAT(below({}), ElementsAre(1, 2));
  EXPECT_THAT(below({}, true), ElementsAre(3, 4, 5, 6));
}

TEST_F(FindTest, ElementsOfLists) {
  auto element = [&](const std::string& inside, ValueTest test, bool negated = false) {
    Filter one = filter("List", std::move(test), negated);
    one.property.kind = Property::Kind::elements;
    one.property.inside = inside;
    return one;
  };
  EXPECT_THAT(matched(element("Name", {.op = Operator::equals, .text = "a"})), ElementsAre(5));
  EXPECT_THAT(matched(element("Name", {.op = Operator::equals, .text = "b"})), ElementsAre(5, 6)) << "any of them";
  EXPECT_THAT(matched(element("Name", {.op = Operator::equals, .text = "a"}, true)), ElementsAre(1, 2, 3, 4, 6)) << "none of them";
  EXPECT_THAT(matched(element("Size", {.op = Operator::greater, .number = 1})), ElementsAre(5));
  EXPECT_THAT(matched(element("Inner", {})), ElementsAre(5));
  EXPECT_THAT(matched(element("Inner.Uri", {.op = Operator::contains, .text = "s3:"})), ElementsAre(5));
  EXPECT_THAT(matched(element("", {.op = Operator::contains, .text = "s3:"})), ElementsAre(5));

  auto nested = [&](std::vector<Filter> filters) { return matched(Expression{.nested = {{"List", std::move(filters)}}}); };
  const Filter is_b = element("Name", {.op = Operator::equals, .text = "b"});
  EXPECT_THAT(nested({is_b, element("Size", {.op = Operator::equals, .number = 1})}), ElementsAre(6)) << "one and the same";
  EXPECT_THAT(nested({is_b, element("Size", {.op = Operator::equals, .number = 1}, true)}), ElementsAre(5));
  EXPECT_THAT(nested({element("Inner.Uri", {}, true)}), ElementsAre(5, 6)) << "an element without";
}

TEST_F(FindTest, AndOrAndWhatIsInside) {
  const Filter small = filter("Loss", {.op = Operator::less, .number = 0.3}), two = filter("Name", {.op = Operator::equals, .text = "two"});
  const Filter one = filter("Name", {.op = Operator::equals, .text = "one"});
  EXPECT_THAT(matched({.filters = {small, two}}), ElementsAre(2));
  EXPECT_THAT(matched({.any = true, .filters = {small, one}}), ElementsAre(1, 2, 3));
  EXPECT_THAT(matched({.filters = {small}, .expressions = {{.any = true, .filters = {one, two}}}}), ElementsAre(2));
  EXPECT_THAT(matched({.any = true, .filters = {one}, .expressions = {{.filters = {small, two}}}}), ElementsAre(1, 2));
}

TEST_F(FindTest, WhatChangesAndGoes) {
  table_.put(1, {{"Name", "changed"}});
  EXPECT_THAT(matched(filter("Loss", {})), ElementsAre(2, 3)) << "what it no longer has is gone";
  table_.erase(2);
  table_.erase(2);
  EXPECT_THAT(matched(filter("Name", {})), ElementsAre(1, 3, 4));
  EXPECT_THAT(matched(filter("Loss", {}, true)), UnorderedElementsAre(1, 4, 5, 6));
  table_.put(7, {{"Loss", 7.0}});
  EXPECT_THAT(matched(filter("Loss", {})), UnorderedElementsAre(3, 7));
  Table tidy = table_.tidied();
  EXPECT_LT(tidy.strings().size(), table_.strings().size());
  table_ = std::move(tidy);
  EXPECT_THAT(texts("Name", Operator::equals, "changed"), ElementsAre(1));
  EXPECT_THAT(matched(filter("Loss", {})), UnorderedElementsAre(3, 7));
}

class OrderTest : public ::testing::Test {
 protected:
  Found page(bool descending, std::optional<Place> after, std::size_t limit = 3) {
    return find(table_, {.order = {.columns = {"V"}}, .descending = descending, .limit = limit, .after = std::move(after)});
  }
  Ids all(bool descending, std::size_t limit = 3) {
    Ids ids;
    std::optional<Place> after;
    while (true) {
      Found found = page(descending, after, limit);
      ids.insert(ids.end(), found.ids.begin(), found.ids.end());
      if (!found.more) return ids;
      after = found.last;
    }
  }
  Table table_;
};

TEST_F(OrderTest, NumbersThenTextsThenNone) {
  table_.put(1, {{"V", "b"}});
  table_.put(2, {{"V", 2.0}});
  table_.put(3, {});
  table_.put(4, {{"V", -3.5}});
  table_.put(5, {{"V", "a"}});
  table_.put(6, {{"V", 2.0}});
  table_.put(7, {});
  table_.put(8, {{"V", -0.0}});
  table_.put(9, {{"V", 0.0}});
  const Ids ascending{4, 8, 9, 2, 6, 5, 1, 3, 7}, descending{1, 5, 6, 2, 9, 8, 4, 7, 3};
  for (std::size_t limit : {1, 2, 3, 9, 20}) {
    EXPECT_EQ(all(false, limit), ascending) << limit;
    EXPECT_EQ(all(true, limit), descending) << limit;
  }
  EXPECT_EQ(page(false, std::nullopt).total, 9U);
}

TEST_F(OrderTest, LongTextsAndListsHaveAPlaceToo) {
  const std::string beginning(2000, 'x');
  table_.put(1, {{"V", beginning + "b"}});
  table_.put(2, {{"V", beginning + "a"}});
  table_.put(3, {{"V", "y"}});
  EXPECT_EQ(all(false, 1), (Ids{1, 2, 3})) << "beyond its beginning a text does not count";
  EXPECT_LE(page(false, std::nullopt, 1).last.text.size(), 1024U);
  table_.put(4, {{"L", list_of({{{"N", "q"}}, {{"N", "a"}}})}});
  table_.put(5, {{"L", list_of({{{"M", "z"}, {"N", "p"}}})}});
  Found found = find(table_, {.order = {.kind = Property::Kind::elements, .columns = {"L"}, .inside = "N"}, .limit = 2});
  EXPECT_THAT(found.ids, ElementsAre(5, 4));
}

TEST_F(OrderTest, PagesStayTheSameWhileRowsAreAdded) {
  for (std::int64_t id = 1; id <= 200; ++id) table_.put(id, {{"V", static_cast<double>(id % 7)}});
  for (bool descending : {false, true}) {
    Ids seen;
    std::optional<Place> after;
    for (std::int64_t added = 1000;; added += 10) {
      Found found = page(descending, after);
      for (std::int64_t id : found.ids) {
        if (id <= 200) seen.push_back(id);
      }
      if (!found.more) break;
      after = found.last;
      for (std::int64_t i = 0; i < 2; ++i) table_.put(added + (descending ? 500'000 : 0) + i, {{"V", static_cast<double>(i * 6)}});
      table_.erase(added + (descending ? 500'000 : 0) - 10);
    }
    Ids sorted = seen;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted.size(), 200U);
    EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end()) << "none comes twice";
  }
}

}  // namespace
}  // namespace clary::search
