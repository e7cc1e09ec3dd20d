#include "meta/applied_calls.hpp"

#include <gtest/gtest.h>

#include "meta/records.hpp"

namespace clary::meta {
namespace {

TEST(AppliedCallsTest, TheLastOnesAreKnownAndTheOldestGo) {
  auto store = *Store::open({}, record_migrations);
  auto known = [&](int call) { return *store->read([&](Session& session) { return was_applied(session, "call-" + std::to_string(call)); }); };
  constexpr int calls = 20000;
  ASSERT_TRUE(store->write([](Session& session) -> Outcome<void> {
    for (int call = 0; call < calls; ++call) CHECK_OK(set_applied(session, "call-" + std::to_string(call)));
    return {};
  }));
  EXPECT_TRUE(known(calls - 1));
  EXPECT_TRUE(known(calls - 16384));
  EXPECT_FALSE(known(0));
  EXPECT_FALSE(known(calls));
}

TEST(AppliedCallsTest, WhatIsRolledBackWasNotApplied) {
  auto store = *Store::open({}, record_migrations);
  ASSERT_FALSE(store->write([](Session& session) -> Outcome<void> {
    CHECK_OK(set_applied(session, "one"));
    return make_error(ErrorKind::validation, "no");
  }));
  EXPECT_FALSE(*store->read([](Session& session) { return was_applied(session, "one"); }));
}

}  // namespace
}  // namespace clary::meta
