#include "services/sagemaker/job_components.hpp"

#include <gtest/gtest.h>

#include "meta/data_points.hpp"
#include "meta/series.hpp"
#include "services/sagemaker/job_facts.hpp"
#include "services/sagemaker/job_measurements.hpp"
#include "services/sagemaker/tracking.hpp"

namespace clary::services::sagemaker {
namespace {

std::vector<meta::Migration> migrations() {
  std::vector<meta::Migration> all = meta::record_migrations;
  all.insert(all.end(), meta::data_point_migrations.begin(), meta::data_point_migrations.end());
  return all;
}

class JobComponents : public ::testing::Test {
 protected:
  jobs::Job job(const std::string& name = "j", const std::string& more = "") {
    jobs::Job job;
    job.scope = scope;
    job.name = name;
    job.arn = sagemaker_arn(scope, "training-job", name);
    job.created = job.modified = {1'000'000};
    job.creator = {"arn:aws:sts::000000000000:assumed-role/R/s", "AROA:s"};
    job.document = R"({"TrainingJobName":"j","RoleArn":"r","HyperParameters":{"epochs":"2","half":"0.5","text":"\"sgd\"","hex":"0x10","inf":"inf"},)"
                   R"("AlgorithmSpecification":{"TrainingImage":"image","TrainingInputMode":"File"},)"
                   R"("InputDataConfig":[{"ChannelName":"a","ContentType":"text/csv","DataSource":{"S3DataSource":{"S3DataType":"S3Prefix","S3Uri":"s3://b/a"}}}],)"
                   R"("OutputDataConfig":{"S3OutputPath":"s3://b/o"},)"
                   R"("ResourceConfig":{"VolumeSizeInGB":5,"InstanceGroups":[{"InstanceType":"ml.m5.large","InstanceCount":2,"InstanceGroupName":"g"}]})" +
                   more + "}";
    return job;
  }
  Outcome<void> tell(const jobs::Job* before, const jobs::Job& now, std::string_view kind = "training-job") {
    return store->write([&](meta::Session& session) { return observer.changed(session, kind, before, now); });
  }
  DescribeTrialComponentOutput look(const std::string& name = "j-aws-training-job") {
    auto record = store->read([&](meta::Session& session) { return meta::find(session, trial_component_kind, scope, name); });
    EXPECT_TRUE(record && *record) << name;
    auto component = record && *record ? read_component(**record) : Outcome<DescribeTrialComponentOutput>(DescribeTrialComponentOutput{});
    EXPECT_TRUE(component);
    return *std::move(component);
  }
  void insert(std::string_view kind, const std::string& name, const std::string& parent, const std::string& document) {
    ASSERT_TRUE(store->write([&](meta::Session& session) {
      meta::Record record;
      record.kind = kind;
      record.scope = scope;
      record.name = name;
      record.arn = sagemaker_arn(scope, kind, name);
      record.parent = parent;
      record.document = document;
      return meta::insert(session, record);
    }));
  }

  const Scope scope{"000000000000", "us-east-1"};
  std::shared_ptr<meta::Store> store = *meta::Store::open({}, migrations());
  const jobs::JobObserver observer = job_components();
};

TEST_F(JobComponents, HoldWhatTheRequestSays) {
  ASSERT_TRUE(tell(nullptr, job()));
  const auto component = look();
  EXPECT_EQ(component.DisplayName, "j-aws-training-job");
  EXPECT_EQ(component.Source->SourceArn, "arn:aws:sagemaker:us-east-1:000000000000:training-job/j");
  EXPECT_EQ(component.Source->SourceType, "SageMakerTrainingJob");
  EXPECT_EQ(component.CreatedBy->IamIdentity->Arn, "arn:aws:sts::000000000000:assumed-role/R/s");
  const auto& parameters = *component.Parameters;
  EXPECT_EQ(parameters.at("epochs").NumberValue, 2);
  EXPECT_EQ(parameters.at("half").NumberValue, 0.5);
  EXPECT_EQ(parameters.at("text").StringValue, "\"sgd\"");
  EXPECT_EQ(parameters.at("hex").StringValue, "0x10");
  EXPECT_EQ(parameters.at("inf").StringValue, "inf");
  EXPECT_EQ(parameters.at("SageMaker.InstanceType").StringValue, "ml.m5.large");
  EXPECT_EQ(parameters.at("SageMaker.InstanceCount").NumberValue, 2);
  EXPECT_EQ(parameters.at("SageMaker.VolumeSizeInGB").NumberValue, 5);
  EXPECT_EQ(component.InputArtifacts->at("a").Value, "s3://b/a");
  EXPECT_EQ(component.InputArtifacts->at("a").MediaType, "text/csv");
  EXPECT_FALSE(component.StartTime);
}

TEST_F(JobComponents, OfOtherKindsThereAreNone) {
  EXPECT_TRUE(tell(nullptr, job(), "endpoint"));
  EXPECT_EQ(job_of_experiment("endpoint"), nullptr);
  EXPECT_FALSE(tell(nullptr, jobs::Job{.scope = scope, .name = "x", .document = "no JSON"}));
}

TEST_F(JobComponents, AChangeWritesWhatHasChangedAndNothingElse) {
  auto before = job();
  ASSERT_TRUE(tell(nullptr, before));
  auto edited = look();
  edited.DisplayName = "mine";
  edited.Parameters->erase("epochs");
  edited.Status->Message = "by hand";
  ASSERT_TRUE(store->write([&](meta::Session& session) -> Outcome<void> {
    TRY(auto record, meta::find(session, trial_component_kind, scope, "j-aws-training-job"));
    set_component(*record, edited);
    return meta::update(session, *record);
  }));
  auto now = before;
  now.modified = {5'000'000};
  ASSERT_TRUE(tell(&before, now));  // lines of its log
  EXPECT_EQ(look().Status->Message, "by hand");
  now.secondary_status = "Training";
  now.started = Time{2'000'000};
  ASSERT_TRUE(tell(&before, now));
  EXPECT_EQ(look().Status->Message, "Status: InProgress, secondary status: Training, failure reason: .");
  EXPECT_EQ(look().StartTime->micros, 2'000'000);
  before = now;
  now.status = now.secondary_status = "Failed";
  now.failure_reason = std::string(2000, 'x');
  now.ended = Time{3'000'000};
  now.model_artifact = "s3://b/o/model.tar.gz";
  ASSERT_TRUE(tell(&before, now));
  const auto last = look();
  EXPECT_EQ(last.Status->PrimaryStatus, "Failed");
  EXPECT_LE(last.Status->Message->size(), 1024u);
  EXPECT_EQ(last.EndTime->micros, 3'000'000);
  EXPECT_EQ(last.OutputArtifacts->at("SageMaker.ModelArtifact").Value, "s3://b/o/model.tar.gz");
  EXPECT_EQ(last.DisplayName, "mine");
  EXPECT_FALSE(last.Parameters->contains("epochs"));
}

TEST_F(JobComponents, AreOfTheTrialThatTheConfigNames) {
  insert(experiment_kind, "e", "", "{}");
  insert(experiment_kind, "other", "", "{}");
  insert(trial_kind, "t", "e", "{}");
  auto refused = [&](const std::string& config) {
    auto told = tell(nullptr, job("refused", R"(,"ExperimentConfig":)" + config));
    return told ? "" : told.error().message;
  };
  EXPECT_EQ(refused(R"({"TrialName":"x"})"), "Trial 'arn:aws:sagemaker:us-east-1:000000000000:experiment-trial/x' does not exist.");
  EXPECT_NE(refused(R"({"ExperimentName":"x"})").find("experiment/x' does not exist"), std::string::npos);
  EXPECT_NE(refused(R"({"ExperimentName":"other","TrialName":"t"})").find("not associated"), std::string::npos);
  EXPECT_NE(refused(R"({"TrialName":"t","RunName":"x"})").find("Run '"), std::string::npos);
  auto none = store->read([&](meta::Session& session) { return meta::count(session, trial_component_kind); });
  EXPECT_EQ(*none, 0) << "what was refused left something";

  insert(trial_component_kind, "e-run", "", "{}");
  ASSERT_TRUE(tell(nullptr, job("j", R"(,"ExperimentConfig":{"ExperimentName":"e","TrialComponentDisplayName":"Training","RunName":"run"})")));
  EXPECT_EQ(look().DisplayName, "Training");
  const auto run = look("e-run");
  ASSERT_EQ(run.Sources->size(), 1u);
  EXPECT_EQ(run.Sources->front().SourceArn, job().arn);
  auto linked = store->read([&](meta::Session& session) -> Outcome<bool> {
    TRY(auto trial, meta::find(session, trial_kind, scope, "j-aws-trial"));
    if (!trial || trial->parent != "e") return false;
    return meta::has_targets(session, component_link, trial->id);
  });
  EXPECT_TRUE(linked && *linked);
}

TEST_F(JobComponents, OneThatWasDeletedStaysAwayUntilTheJobIsMadeAgain) {
  auto before = job();
  ASSERT_TRUE(tell(nullptr, before));
  ASSERT_TRUE(store->write([&](meta::Session& session) -> Outcome<bool> {
    TRY(auto record, meta::find(session, trial_component_kind, scope, "j-aws-training-job"));
    return meta::erase(session, record->id);
  }));
  auto now = before;
  now.status = now.secondary_status = "Completed";
  ASSERT_TRUE(tell(&before, now));
  auto count = [&] { return *store->read([&](meta::Session& session) { return meta::count(session, trial_component_kind); }); };
  EXPECT_EQ(count(), 0);
  ASSERT_TRUE(tell(nullptr, before));
  ASSERT_TRUE(tell(nullptr, before)) << "the component of an earlier job of that name becomes this one's";
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(look().Status->PrimaryStatus, "InProgress");
}

TEST_F(JobComponents, MeasurementsBecomeSeriesAndDataOfCloudWatch) {
  ASSERT_TRUE(tell(nullptr, job()));
  const auto measured = job_measurements().measured;
  auto measure = [&](const std::vector<jobs::MeasuredPoint>& points) {
    EXPECT_TRUE(store->write([&](meta::Session& session) { return measured(session, "training-job", job(), points); }));
  };
  measure({{"acc", 0.5, {60'000'000}, {}, true}, {"loss", 2, {61'000'000}, 40, false}, {"acc", 0.7, {62'000'000}, {}, true}});
  measure({{"acc", 0.6, {63'000'000}, {}, true}});
  std::vector<std::pair<double, std::int64_t>> acc;
  double cloudwatch = 0, count = 0, other = 0;
  ASSERT_TRUE(store->read([&](meta::Session& session) -> Outcome<void> {
    TRY(auto record, meta::find(session, trial_component_kind, scope, "j-aws-training-job"));
    CHECK_OK(meta::each_block(session, record->id, "acc", {}, [&](std::span<const meta::Point> points) {
      for (const auto& point : points) acc.emplace_back(point.value, point.step.value_or(-1));
    }));
    TRY(auto loss, meta::summary(session, record->id, "loss"));
    EXPECT_TRUE(loss && loss->count == 1);
    meta::MetricId metric{"/aws/sagemaker/TrainingJobs", "acc", {{"TrainingJobName", "j"}}};
    const meta::DataRange all{{0}, {1'000'000'000}, {}};
    CHECK_OK(meta::each_datum(session, scope, metric, all, [&](const meta::Datum& datum) { cloudwatch += datum.sum, count += datum.count; }));
    metric.name = "loss";
    return meta::each_datum(session, scope, metric, all, [&](const meta::Datum& datum) { other += datum.count; });
  }));
  EXPECT_EQ(acc, (std::vector<std::pair<double, std::int64_t>>{{0.5, 0}, {0.7, 1}, {0.6, 2}}));
  EXPECT_NEAR(cloudwatch, 1.8, 1e-9);
  EXPECT_EQ(count, 3);
  EXPECT_EQ(other, 0) << "a metrics file's points are of the component alone";
}

}  // namespace
}  // namespace clary::services::sagemaker
