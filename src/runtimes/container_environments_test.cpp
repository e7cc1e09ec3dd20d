#include "runtimes/container_environments.hpp"

#include <fstream>
#include <future>
#include <gtest/gtest.h>

#include "workers/test_podman.hpp"

namespace clary::runtimes {
namespace {

class NoEnvironments : public Environments {
 public:
  void ensure(const Version&, std::function<void(const std::string&)>,
              std::function<void(Outcome<Environment>)> done) override {
    done(internal("the other kind was asked"));
  }
  Progress progress(const Version&) const override { return {}; }
  Outcome<Pruned> prune(const std::vector<Version>&, bool) override { return Pruned{}; }
};

class ContainerEnvironmentsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(fake_.root + "/runtimes/known");
    fake_.write("runtimes/known/requirements.txt", "");
    fake_.write("runtimes/known/runtime.toml", R"([runtime]
name = "known"
[[image]]
repositories = ["known-training"]
accounts = ["123456789012"]
[[version]]
tag = "1.0"
library = "known 1.0"
python = "3.11"
requirements = "requirements.txt"
fidelity = "exact"
)");
    auto opened = Catalogue::open({fake_.root + "/runtimes"});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    catalogue_ = *std::move(opened);
    catalogue_.run_others_as_containers([this] { return podman_.absence(); });
  }
  Outcome<Environment> ensure(const std::string& image) {
    workers::Images images(podman_, true);
    auto environments = with_containers(std::make_unique<NoEnvironments>(), images);
    auto version = catalogue_.match(image);
    if (!version) return version.error();
    std::promise<Outcome<Environment>> promise;
    environments->ensure(*version, nullptr, [&](Outcome<Environment> made) { promise.set_value(std::move(made)); });
    return promise.get_future().get();
  }

  workers::FakePodman fake_;
  workers::Podman podman_{fake_.options()};
  Catalogue catalogue_;
};

TEST_F(ContainerEnvironmentsTest, what_a_runtime_matches_is_no_container) {
  const std::string image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/known-training:1.0";
  auto version = catalogue_.match(image);
  ASSERT_TRUE(version.ok()) << version.error().message;
  EXPECT_EQ(version->id(), "known:1.0");
  EXPECT_EQ(ensure(image).error().detail, "the other kind was asked");
}

TEST_F(ContainerEnvironmentsTest, another_image_is_its_own_version_and_is_prepared_by_podman) {
  fake_.write("images/mine:1", R"(sha256:beef {"Entrypoint":["/run.sh"]})");
  EXPECT_EQ(catalogue_.match("mine:1").value().id(), "mine:1");
  auto made = ensure("mine:1");
  ASSERT_TRUE(made.ok()) << made.error().message;
  ASSERT_TRUE(made->container.has_value());
  EXPECT_EQ(made->container->id, "sha256:beef");
  EXPECT_EQ(made->container->entrypoint, std::vector<std::string>{"/run.sh"});
}

TEST_F(ContainerEnvironmentsTest, one_that_cannot_be_had_is_told_with_podmans_words_and_what_would_match) {
  fake_.write("pull-fails", "");
  auto made = ensure("far.example.com:1");
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::validation);
  EXPECT_NE(made.error().message.find("no such host"), std::string::npos) << made.error().message;
  EXPECT_NE(made.error().message.find("known-training"), std::string::npos) << made.error().message;
}

TEST_F(ContainerEnvironmentsTest, an_unknown_version_of_a_runtime_is_not_pulled_but_may_be_here) {
  std::filesystem::create_directories(fake_.root + "/images/123456789012.dkr.ecr.us-east-1.amazonaws.com");
  const std::string image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/known-training:2.0";
  auto made = ensure(image);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("1.0"), std::string::npos) << made.error().message;
  EXPECT_EQ(fake_.calls().find("pull"), std::string::npos);
  fake_.write("images/" + image, "sha256:beef {}");
  EXPECT_TRUE(ensure(image).ok());
}

TEST_F(ContainerEnvironmentsTest, without_podman_nothing_else_matches_and_that_is_said) {
  std::filesystem::remove(fake_.root + "/podman");
  auto version = catalogue_.match("mine:1");
  ASSERT_FALSE(version.ok());
  EXPECT_EQ(version.error().kind, ErrorKind::validation);
  EXPECT_NE(version.error().message.find("podman is not installed"), std::string::npos);
  EXPECT_NE(version.error().message.find("known-training"), std::string::npos);
}

}  // namespace
}  // namespace clary::runtimes
