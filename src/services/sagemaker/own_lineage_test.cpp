#include "services/sagemaker/own_lineage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/test_scope.hpp"
#include "meta/graph_walk.hpp"
#include "services/sagemaker/lineage.hpp"

namespace clary::services::sagemaker {
namespace {

using testing::UnorderedElementsAre;


class OwnLineageTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = meta::Store::open({}, meta::record_migrations);
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    store = *opened;
  }
  template <typename F>
  auto write(F work) {
    auto done = store->write(work);
    EXPECT_TRUE(done.ok()) << done.error().detail;
    return done;
  }
  meta::Record add(std::string_view kind, const std::string& name) {
    meta::Record record{.kind = std::string(kind), .scope = here, .name = name, .arn = sagemaker_arn(here, kind, name), .document = "{}"};
    record.created = record.modified = Time{++now};
    record.id = *write([&](meta::Session& session) { return meta::insert(session, record); });
    return record;
  }
  void deploy(const meta::Record& endpoint, Time at, const std::string& model, const std::string& image = "image") {
    serving::VariantSpec variant;
    variant.container.model_data_url = model;
    variant.container.image = image;
    write([&](meta::Session& session) { return record_deployment(session, endpoint, {variant}, at); });
  }
  std::vector<meta::Record> contexts() {
    return *store->read([&](meta::Session& session) { return meta::all(session, context_kind); });
  }
  // Where the data came from: the sources' URIs, else the names, of what is above the record.
  std::vector<std::string> above(std::int64_t record) {
    return *store->read([&](meta::Session& session) -> Outcome<std::vector<std::string>> {
      TRY(auto walk, meta::walk(session, record, {.descend = false}));
      std::vector<std::string> found;
      for (const meta::Reached& reached : walk.reached) {
        TRY(auto one, meta::find_by_id(session, reached.record));
        if (one->kind != action_kind) found.push_back(one->kind == artifact_kind ? one->status + " " + one->parent : one->name);
      }
      return found;
    });
  }

  std::shared_ptr<meta::Store> store;
  std::int64_t now = 0;
};

TEST_F(OwnLineageTest, FromTheDataToTheEndpoint) {
  auto job = add(trial_component_kind, "job");
  write([&](meta::Session& session) -> Outcome<void> {
    CHECK_OK(associate_from(session, {{"s3://b/train", "DataSet"}, {"trainer", "Image"}, {"", "DataSet"}, {std::string(2049, 's'), "DataSet"}},
                            "ContributedTo", job, job.created));
    return associate_to(session, job, "Produced", {{"s3://b/model.tar.gz", "Model"}}, job.created);
  });
  auto endpoint = add("endpoint", "e");
  deploy(endpoint, endpoint.created, "s3://b/model.tar.gz", "server");
  ASSERT_EQ(contexts().size(), 1);
  EXPECT_EQ(contexts()[0].status, "Endpoint");
  EXPECT_EQ(contexts()[0].parent, endpoint.arn);
  EXPECT_THAT(above(contexts()[0].id),
              UnorderedElementsAre("Model s3://b/model.tar.gz", "Image server", "job", "DataSet s3://b/train", "Image trainer"));
}

TEST_F(OwnLineageTest, AnUpdateIsADeploymentToTheSameContext) {
  auto endpoint = add("endpoint", "e");
  deploy(endpoint, endpoint.created, "s3://b/1");
  deploy(endpoint, Time{++now}, "s3://b/2");
  ASSERT_EQ(contexts().size(), 1);
  EXPECT_THAT(above(contexts()[0].id), UnorderedElementsAre("Model s3://b/1", "Model s3://b/2", "Image image"));
}

TEST_F(OwnLineageTest, AnEndpointOfAnOldNameHasAContextOfItsOwn) {
  auto first = add("endpoint", "e");
  deploy(first, first.created, "s3://b/1");
  write([&](meta::Session& session) { return meta::erase(session, first.id); });
  auto second = add("endpoint", "e");
  deploy(second, second.created, "s3://b/2");
  deploy(second, Time{++now}, "s3://b/3");
  ASSERT_EQ(contexts().size(), 2);
  EXPECT_THAT(above(contexts()[0].id), UnorderedElementsAre("Model s3://b/1", "Image image"));
  EXPECT_THAT(above(contexts()[1].id), UnorderedElementsAre("Model s3://b/2", "Model s3://b/3", "Image image"));
}

TEST_F(OwnLineageTest, AModelIsOfItsImage) {
  auto model = add("model", "m");
  CreateModelInput in;
  in.PrimaryContainer.emplace();
  in.PrimaryContainer->Image = "image";
  in.PrimaryContainer->ModelDataUrl = "s3://b/model.tar.gz";
  for (int i = 0; i < 2; ++i) write([&](meta::Session& session) { return record_model(session, model, in); });
  in.PrimaryContainer->ModelDataUrl.reset();
  in.PrimaryContainer->Image = "alone";
  write([&](meta::Session& session) { return record_model(session, model, in); });
  auto artifacts = *store->read([&](meta::Session& session) { return meta::all(session, artifact_kind); });
  std::map<std::string, std::int64_t> ids;
  for (const meta::Record& one : artifacts) ids[one.parent] = one.id;
  EXPECT_EQ(ids.size(), 3);
  EXPECT_THAT(above(ids["s3://b/model.tar.gz"]), UnorderedElementsAre("Image image"));
}

}  // namespace
}  // namespace clary::services::sagemaker
