#include "services/sagemaker/job_lineage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_scope.hpp"
#include "meta/associations.hpp"
#include "services/sagemaker/job_components.hpp"
#include "services/sagemaker/tracking.hpp"

namespace clary::services::sagemaker {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;


class JobLineage : public testing::Test {
 protected:
  static jobs::Job training(const std::string& name = "j") {
    jobs::Job job;
    job.scope = here;
    job.name = name;
    job.arn = sagemaker_arn(here, "training-job", name);
    job.created = job.modified = Time{1'000'000};
    job.status = "InProgress";
    job.document = R"({"TrainingJobName":"j","RoleArn":"r","AlgorithmSpecification":{"TrainingImage":"image","TrainingInputMode":"File"},)"
                   R"("InputDataConfig":[{"ChannelName":"a","DataSource":{"S3DataSource":{"S3DataType":"S3Prefix","S3Uri":"s3://b/a"}}},)"
                   R"({"ChannelName":"same","DataSource":{"S3DataSource":{"S3DataType":"S3Prefix","S3Uri":"s3://b/a"}}}],)"
                   R"("CheckpointConfig":{"S3Uri":"s3://b/checkpoints"},"OutputDataConfig":{"S3OutputPath":"s3://b/o"},)"
                   R"("ResourceConfig":{"VolumeSizeInGB":5,"InstanceType":"ml.m5.large","InstanceCount":1},"StoppingCondition":{}})";
    return job;
  }
  static jobs::Job processing() {
    jobs::Job job = training("p");
    job.arn = sagemaker_arn(here, "processing-job", "p");
    job.document = R"({"ProcessingJobName":"p","RoleArn":"r","AppSpecification":{"ImageUri":"image"},)"
                   R"("ProcessingInputs":[{"InputName":"raw","S3Input":{"S3Uri":"s3://b/raw","S3DataType":"S3Prefix"}}],)"
                   R"("ProcessingOutputConfig":{"Outputs":[)"
                   R"({"OutputName":"a","S3Output":{"S3Uri":"s3://b/a","LocalPath":"/x","S3UploadMode":"EndOfJob"}}]},)"
                   R"("ProcessingResources":{"ClusterConfig":{"InstanceCount":1,"InstanceType":"ml.m5.large","VolumeSizeInGB":1}}})";
    return job;
  }
  void tell(std::string_view kind, const jobs::Job* before, const jobs::Job& now) {
    auto told = store->write([&](meta::Session& session) -> Outcome<void> {
      CHECK_OK(job_components().changed(session, kind, before, now));
      return job_lineage().changed(session, kind, before, now);
    });
    ASSERT_TRUE(told.ok()) << told.error().message << told.error().detail;
  }
  void end(std::string_view kind, const jobs::Job& job, const std::string& status, const std::string& model = "") {
    jobs::Job now = job;
    now.status = status;
    now.model_artifact = model;
    tell(kind, &job, now);
  }
  // "DataSet s3://b/a ContributedTo": what leads to the component, or from it.
  std::vector<std::string> around(const std::string& component, bool before) {
    return *store->read([&](meta::Session& session) -> Outcome<std::vector<std::string>> {
      TRY(auto record, meta::find(session, trial_component_kind, here, component));
      meta::AssociationQuery query{.scope = here, .limit = 100};
      (before ? query.destination : query.source) = record->id;
      TRY(auto page, meta::list_associations(session, query));
      std::vector<std::string> found;
      for (const auto& one : page.associations) {
        TRY(auto other, meta::find_by_id(session, before ? one.source.record : one.destination.record));
        found.push_back(other->status + " " + other->parent + " " + one.type);
      }
      return found;
    });
  }

  std::shared_ptr<meta::Store> store = *meta::Store::open({}, meta::record_migrations);
};

TEST_F(JobLineage, TrainingReadsAtOnceAndHasProducedAtItsEnd) {
  auto job = training();
  tell("training-job", nullptr, job);
  EXPECT_THAT(around("j-aws-training-job", true), UnorderedElementsAre("DataSet s3://b/a ContributedTo", "Image image ContributedTo"));
  EXPECT_THAT(around("j-aws-training-job", false), IsEmpty());
  end("training-job", job, "Completed", "s3://b/o/j/output/model.tar.gz");
  EXPECT_THAT(around("j-aws-training-job", false),
              UnorderedElementsAre("Model s3://b/o/j/output/model.tar.gz Produced", "Checkpoint s3://b/checkpoints Produced"));
}

TEST_F(JobLineage, WhatFailedOrWasStoppedProducedNothing) {
  for (std::string status : {"Failed", "Stopped"}) {
    auto job = training(status);
    tell("training-job", nullptr, job);
    end("training-job", job, status, "s3://b/o/model.tar.gz");
    EXPECT_THAT(around(status + "-aws-training-job", false), IsEmpty());
  }
}

TEST_F(JobLineage, WhatOneWroteTheNextReads) {
  auto first = processing();
  tell("processing-job", nullptr, first);
  end("processing-job", first, "Completed");
  tell("training-job", nullptr, training());
  EXPECT_THAT(around("p-aws-processing-job", true), UnorderedElementsAre("DataSet s3://b/raw ContributedTo", "Image image ContributedTo"));
  EXPECT_THAT(around("p-aws-processing-job", false), UnorderedElementsAre("DataSet s3://b/a Produced"));
  auto artifacts = *store->read([&](meta::Session& session) { return meta::all(session, artifact_kind); });
  EXPECT_EQ(artifacts.size(), 3);  // the image and s3://b/a are one each
}

TEST_F(JobLineage, AJobOfAnOldNameBeginsAnew) {
  auto job = processing();
  tell("processing-job", nullptr, job);
  end("processing-job", job, "Completed");
  job.created = Time{2'000'000};
  tell("processing-job", nullptr, job);
  EXPECT_THAT(around("p-aws-processing-job", false), IsEmpty());
  EXPECT_EQ(around("p-aws-processing-job", true).size(), 2);
}

TEST_F(JobLineage, OneWhoseComponentIsGoneWritesNoMore) {
  auto job = training();
  tell("training-job", nullptr, job);
  ASSERT_TRUE(store->write([&](meta::Session& session) -> Outcome<bool> {
    TRY(auto record, meta::find(session, trial_component_kind, here, "j-aws-training-job"));
    return meta::erase(session, record->id);
  }).ok());
  end("training-job", job, "Completed", "s3://b/model.tar.gz");
  EXPECT_EQ((*store->read([&](meta::Session& session) { return meta::all(session, artifact_kind); })).size(), 2);
}

}  // namespace
}  // namespace clary::services::sagemaker
