#include "jobs/host_failure.hpp"

#include <gtest/gtest.h>

namespace clary::jobs {
namespace {

using Kind = workers::Exit::Kind;

TEST(HostFailure, TheFirstInTimeIsTheCause) {
  EXPECT_EQ(cause_of({{1, {Kind::exited, 1, 0}, {"ValueError: a"}}, {0, {Kind::exited, 1, 0}, {"ValueError: b"}}}), 1u);
}

TEST(HostFailure, WhoMissesAPeerIsNotTheCause) {
  EXPECT_EQ(cause_of({{0, {Kind::exited, 1, 0}, {"ConnectionResetError: [Errno 104]"}},
                      {2, {Kind::exited, 1, 0}, {"RuntimeError: Connection closed by peer [10.0.0.2]:7000"}},
                      {1, {Kind::exited, 1, 0}, {"ValueError: unwell"}}}),
            1u);
}

TEST(HostFailure, OneThatWasKilledIsTheCause) {
  EXPECT_EQ(cause_of({{0, {Kind::exited, 1, 0}, {"ValueError: x"}}, {1, {Kind::out_of_memory, 0, 9}, {}}}), 1u);
}

TEST(HostFailure, WhereAllSpeakOfConnectionsTheFirst) {
  EXPECT_EQ(cause_of({{2, {Kind::exited, 1, 0}, {"EOFError"}}, {0, {Kind::exited, 1, 0}, {"BrokenPipeError"}}}), 2u);
}

}  // namespace
}  // namespace clary::jobs
