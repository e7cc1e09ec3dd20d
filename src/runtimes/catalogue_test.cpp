#include "runtimes/catalogue.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace clary::runtimes {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const char* const definition = R"(
[runtime]
name = "sklearn"
framework_module = "sklearn_defaults"
[[image]]
repositories = ["sagemaker-scikit-learn"]
accounts = ["683313688378", "450853457545"]
[[image]]
repositories = ["own/scikit-learn"]
accounts = ["*"]
[[version]]
tag = "0.20.0"
library = "scikit-learn 0.20.0"
source = "there"
python = "3.7"
requirements = "locks/0.20.0.txt"
fidelity = "exact"
reason = ""
from_source = ["old-package"]
environment = { OMP_NUM_THREADS = "1" }
[[version]]
tag = "1.4-2-py312"
aliases = ["1.4-3-py312"]
library = "scikit-learn 1.4.2"
python = "3.12"
requirements = "locks/0.20.0.txt"
fidelity = "nearest"
reason = "because"
serve_command = ["/opt/own", "{socket}"]
[[version]]
tag = "0.1"
library = "scikit-learn 0.1"
fidelity = "impossible"
reason = "it needs Python 2."
[[version]]
tag = "0.20.0-py2"
library = "scikit-learn 0.20.0"
fidelity = "impossible"
reason = "Python 2 is at its end."
)";

class CatalogueTest : public testing::Test {
 protected:
  void SetUp() override {
    write("a", "sklearn", definition);
    fs::create_directories(root_ + "/a/sklearn/locks");
    std::ofstream(root_ + "/a/sklearn/locks/0.20.0.txt") << "x==1\n";
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const std::string& root, const std::string& name, const std::string& text) {
    fs::create_directories(root_ + "/" + root + "/" + name);
    std::ofstream(root_ + "/" + root + "/" + name + "/runtime.toml") << text;
  }
  Outcome<Catalogue> open() { return Catalogue::open({root_ + "/a", root_ + "/b"}); }
  std::string root_ = "/tmp/clary-catalogue-" + random_alphanumeric(8);
};

TEST_F(CatalogueTest, reads_a_definition) {
  auto catalogue = open();
  ASSERT_TRUE(catalogue.ok()) << catalogue.error().message;
  auto version = catalogue->find("sklearn:0.20.0");
  ASSERT_TRUE(version.has_value());
  EXPECT_EQ(version->library, "scikit-learn 0.20.0");
  EXPECT_EQ(version->python, "3.7");
  EXPECT_EQ(version->framework_module, "sklearn_defaults");
  EXPECT_EQ(version->requirements, root_ + "/a/sklearn/locks/0.20.0.txt");
  EXPECT_EQ(version->environment.at("OMP_NUM_THREADS"), "1");
  EXPECT_THAT(version->from_source, testing::ElementsAre("old-package"));
  EXPECT_EQ(catalogue->find("sklearn:1.4-3-py312")->tag, "1.4-2-py312");
  EXPECT_EQ(catalogue->find("sklearn:1.4-2-py312")->fidelity, Version::Fidelity::nearest);
  EXPECT_FALSE(catalogue->find("sklearn:9").has_value());
}

TEST_F(CatalogueTest, every_version_has_the_metrics_of_its_runtime) {
  write("a", "sklearn", std::string(definition) + "[[metric]]\nname = 'acc'\nregex = 'acc=(\\d+)'\n[[metric]]\nname = 'loss'\nregex = 'loss=(.*)'\n");
  auto catalogue = open();
  ASSERT_TRUE(catalogue.ok()) << catalogue.error().message;
  for (const char* id : {"sklearn:0.20.0", "sklearn:1.4-2-py312"}) {
    const auto version = catalogue->find(id);
    ASSERT_EQ(version->metrics.size(), 2u) << id;
    EXPECT_EQ(version->metrics[0].name, "acc");
    EXPECT_EQ(version->metrics[0].regex, "acc=(\\d+)");
    EXPECT_EQ(version->metrics[1].name, "loss");
  }
}

TEST_F(CatalogueTest, matches_images_of_every_region_and_suffix) {
  auto catalogue = open();
  ASSERT_TRUE(catalogue.ok());
  const auto tag_of = [&](const std::string& uri) {
    auto version = catalogue->match(uri);
    return version ? version->tag : "error: " + version.error().message;
  };
  EXPECT_EQ(tag_of("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.20.0-cpu-py3"), "0.20.0");
  EXPECT_EQ(tag_of("450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-scikit-learn:0.20.0-cpu-py3"), "0.20.0");
  EXPECT_EQ(tag_of("683313688378.dkr.ecr-fips.us-gov-west-1.amazonaws.com/sagemaker-scikit-learn:0.20.0"), "0.20.0");
  EXPECT_EQ(tag_of("683313688378.dkr.ecr.us-iso-east-1.c2s.ic.gov/sagemaker-scikit-learn:1.4-2-py312-cpu-py3"),
            "1.4-2-py312");
  EXPECT_EQ(tag_of("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-3-py312-gpu-py3"),
            "1.4-2-py312");
  EXPECT_EQ(tag_of("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.20.0-py3"), "0.20.0");
  EXPECT_EQ(tag_of("111122223333.dkr.ecr.us-east-1.amazonaws.com/own/scikit-learn:0.20.0-cpu-py3"), "0.20.0");
}

TEST_F(CatalogueTest, what_nothing_matches_is_told_what_would) {
  auto catalogue = open();
  ASSERT_TRUE(catalogue.ok());
  for (const char* uri : {"", "ubuntu", "ubuntu:22.04",
                          "111122223333.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.20.0-cpu-py3",
                          "683313688378.dkr.ecr.us-east-1.amazonaws.com/other:0.20.0-cpu-py3",
                          "683313688378.dkr.ecr.us-east-1.amazonaws.com/",
                          "x.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.20.0",
                          "683313688378.evil.com/sagemaker-scikit-learn:0.20.0"}) {
    auto version = catalogue->match(uri);
    ASSERT_FALSE(version.ok()) << uri;
    EXPECT_EQ(version.error().kind, ErrorKind::validation);
    EXPECT_THAT(version.error().message, HasSubstr("sagemaker-scikit-learn")) << uri;
  }
  const std::string image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn";
  for (const std::string tag : {":0.99-cpu-py3", "", ":", ":0.20.0.1-cpu-py3"}) {
    auto version = catalogue->match(image + tag);
    ASSERT_FALSE(version.ok()) << tag;
    EXPECT_THAT(version.error().message, HasSubstr("0.20.0, 1.4-2-py312")) << tag;
  }
  EXPECT_THAT(catalogue->match(image + ":0.1-cpu-py2").error().message, HasSubstr("it needs Python 2."));
  for (const std::string tag : {":0.20.0-cpu-py2", ":0.20.0-gpu-py2-cu100", ":0.20.0-py2"})
    EXPECT_THAT(catalogue->match(image + tag).error().message, HasSubstr("Python 2 is at its end.")) << tag;
  EXPECT_LT(catalogue->match(std::string(100000, 'x')).error().message.size(), 1000u);
}

TEST_F(CatalogueTest, a_later_root_overrides_version_by_version) {
  write("b", "mine", R"([runtime]
name = "sklearn"
[[image]]
repositories = ["sagemaker-scikit-learn"]
accounts = ["*"]
[[version]]
tag = "0.20.0"
library = "scikit-learn 0.20.4"
python = "3.8"
requirements = "../../a/sklearn/locks/0.20.0.txt"
fidelity = "nearest"
reason = "mine"
)");
  auto catalogue = open();
  ASSERT_TRUE(catalogue.ok()) << catalogue.error().message;
  EXPECT_EQ(catalogue->find("sklearn:0.20.0")->library, "scikit-learn 0.20.4");
  EXPECT_TRUE(catalogue->find("sklearn:1.4-2-py312").has_value());
  EXPECT_TRUE(catalogue->match("1.dkr.ecr.x.y/sagemaker-scikit-learn:0.20.0-cpu-py3").ok());
}

TEST_F(CatalogueTest, broken_definitions_are_refused_with_their_place) {
  for (const char* broken :
       {"[runtime", "name = 1", "[runtime]\nname = 'x'\n[[version]]\ntag = '1'\nlibrary = 'l'\nfidelity = 'exactly'",
        "[runtime]\nname = 'x'\n[[version]]\ntag = '1'\nlibrary = 'l'\nfidelity = 'exact'\npython = "
        "'3.7'\nrequirements = 'none.txt'",
        "[runtime]\nname = 'x'\n[[version]]\ntag = '1'\nfidelity = 'exact'",
        "[runtime]\nname = 'x'\n[[metric]]\nname = 'm'", "[runtime]\nname = 'x'\n[[metric]]\nregex = 'm'", "version = [1]\n[runtime]\nname = 'x'"}) {
    write("b", "broken", broken);
    auto catalogue = open();
    ASSERT_FALSE(catalogue.ok()) << broken;
    EXPECT_THAT(catalogue.error().message, HasSubstr("b/broken/runtime.toml")) << broken;
  }
}

TEST(OurCatalogue, every_version_has_its_lock_and_a_source) {
  const std::string root = fs::path(__FILE__).parent_path().parent_path().parent_path() / "runtimes";
  auto catalogue = Catalogue::open({root});
  ASSERT_TRUE(catalogue.ok()) << catalogue.error().message;
  ASSERT_FALSE(catalogue->versions().empty());
  for (const Version& version : catalogue->versions()) {
    EXPECT_FALSE(version.source.empty()) << version.id();
    EXPECT_TRUE(version.fidelity == Version::Fidelity::exact || !version.reason.empty()) << version.id();
  }
  EXPECT_EQ(
      catalogue->match("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.20.0-cpu-py3")->library,
      "scikit-learn 0.20.0");
}

}  // namespace
}  // namespace clary::runtimes
