#include "jobs/job_state.hpp"

#include <gtest/gtest.h>

#include "jobs/json_members.hpp"
#include "jobs/training_spec.hpp"

namespace clary::jobs {
namespace {

JobState example() {
  JobState state;
  state.job.id = 7;
  state.job.name = "job";
  state.job.arn = "arn:aws:sagemaker:us-east-1:000000000000:training-job/job";
  state.job.status = "Stopping";
  state.job.secondary_status = "Uploading";
  state.job.failure_reason = "why";
  state.job.created = {1};
  state.job.modified = {2};
  state.job.started = Time{3};
  state.job.transitions = {{"Starting", "a", {1}, Time{2}}, {"Uploading", "b", {2}, std::nullopt}};
  state.job.model_artifact = "s3://b/m";
  state.job.final_metrics = {{"acc", 0.1, {5}}};
  state.job.document = "{}";
  state.spec = std::make_shared<const std::string>(R"({"image":"i","list":[1,{"a":null}]})");
  state.ending = Ending::max_runtime;
  state.hosts = {{"job/algo-1-1", 1ull << 40}, {"job/algo-2-1", 3}};
  state.attempt = 2;
  state.launching = true;
  state.failed_host = 1;
  return state;
}

TEST(JobState, ComesBackWhole) {
  const JobState state = example();
  auto back = decode_state(to_record(state, "training-job"));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_state(*back), encode_state(state));
  EXPECT_EQ(back->job.status, "Stopping");
  EXPECT_EQ(back->job.final_metrics.front().value, 0.1);
  EXPECT_EQ(back->ending, Ending::max_runtime);
  ASSERT_EQ(back->hosts.size(), 2u);
  EXPECT_EQ(back->hosts[0].output_offset, 1ull << 40);
  EXPECT_EQ(back->hosts[1].log_stream, "job/algo-2-1");
  EXPECT_EQ(back->attempt, 2);
  EXPECT_EQ(back->failed_host, 1u);
  EXPECT_EQ(*back->spec, *state.spec);
  EXPECT_FALSE(back->job.transitions.back().ended);
}

TEST(JobState, OtherVersionsMembersAreNoTrouble) {
  meta::Record record = to_record(example(), "training-job");
  record.state =
      R"({"spec":{"image":"i","instance_count":"many","future":{}},"transitions":[1,{"status":"Starting"}],"new":[]})";
  auto state = decode_state(record);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->job.transitions.back().status, "Starting");
  auto spec = decode_spec(*state->spec);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->image, "i");
  EXPECT_EQ(spec->instance_count, 1);
  record.state = "not json";
  EXPECT_FALSE(decode_state(record));
}

TEST(JobState, NumbersThatCannotBeAreNoNumbers) {
  meta::Record record = to_record(example(), "training-job");
  for (const char* host : {"-1", "2.5", "7"}) {
    record.state = fmt::format(R"({{"spec":{{}},"hosts":[{{}},{{}}],"failed_host":{}}})", host);
    auto state = decode_state(record);
    ASSERT_TRUE(state);
    EXPECT_FALSE(state->failed_host) << host;
  }
  record.state = R"({"spec":{},"hosts":[{},{}],"failed_host":1,"started":1e300})";
  EXPECT_EQ(decode_state(record)->failed_host, 1u);
  EXPECT_FALSE(decode_state(record)->job.started);
}

// As servers wrote it before jobs had several hosts.
TEST(JobState, OfOneHostIsRead) {
  meta::Record record = to_record(example(), "training-job");
  record.state =
      R"({"spec":{"image":"i"},"secondary_status":"Training","transitions":[{"status":"Training","message":"m","started":5}],)"
      R"("final_metrics":[],"log_stream":"job/algo-1-7","output_offset":77,"started":4,"ending":"completed"})";
  auto state = decode_state(record);
  ASSERT_TRUE(state);
  ASSERT_EQ(state->hosts.size(), 1u);
  EXPECT_EQ(state->hosts[0].log_stream, "job/algo-1-7");
  EXPECT_EQ(state->hosts[0].output_offset, 77u);
  EXPECT_EQ(state->ending, Ending::completed);
  EXPECT_EQ(state->job.started, Time{4});
  EXPECT_EQ(state->attempt, 0);
}

}  // namespace
}  // namespace clary::jobs
