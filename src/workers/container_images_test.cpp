#include "workers/container_images.hpp"

#include <future>
#include <gtest/gtest.h>

#include "workers/test_podman.hpp"

namespace clary::workers {
namespace {

using namespace std::chrono_literals;

class ContainerImagesTest : public testing::Test {
 protected:
  Outcome<ContainerImage> ensure(Images& images, const std::string& name, bool here_only = false) {
    std::promise<Outcome<ContainerImage>> promise;
    auto future = promise.get_future();
    images.ensure(
        name, here_only, [this](const std::string& line) { news_ += line + "\n"; },
        [&](Outcome<ContainerImage> image) { promise.set_value(std::move(image)); });
    return future.get();
  }

  FakePodman fake_;
  Podman podman_{fake_.options()};
  std::string news_;
};

TEST_F(ContainerImagesTest, an_image_that_is_there_says_what_it_runs_and_as_whom) {
  fake_.write("images/mine:1",
              R"(sha256:beef {"User":"app","Entrypoint":["python3","/x.py"],"Cmd":["a"],"Env":["A=1"]})");
  Images images(podman_, true);
  auto image = ensure(images, "mine:1");
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_EQ(image->id, "sha256:beef");
  EXPECT_EQ(image->user, "app");
  EXPECT_EQ(image->entrypoint, (std::vector<std::string>{"python3", "/x.py"}));
  EXPECT_EQ(image->arguments, (std::vector<std::string>{"a"}));
  EXPECT_EQ(fake_.calls().find("pull"), std::string::npos);
}

TEST_F(ContainerImagesTest, what_podman_warns_of_is_not_taken_for_the_image) {
  const std::string warning = "time=\"2026-01-01T00:00:00Z\" level=warning msg=\"using {cgroupfs}\"\n";
  fake_.write("images/mine:1", warning + "sha256:beef {\"Cmd\":[\"a\"]}\n" + warning);
  fake_.write("images/mine:2", warning);
  Images images(podman_, true);
  auto image = ensure(images, "mine:1");
  ASSERT_TRUE(image.ok()) << image.error().message << image.error().detail;
  EXPECT_EQ(image->id, "sha256:beef");
  EXPECT_EQ(image->arguments, (std::vector<std::string>{"a"}));
  EXPECT_EQ(ensure(images, "mine:2").error().kind, ErrorKind::internal);
}

TEST_F(ContainerImagesTest, one_that_is_not_there_is_pulled_and_the_news_told) {
  Images images(podman_, true);
  auto image = ensure(images, "registry.example.com:5000");
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_EQ(image->id, "sha256:feed");
  EXPECT_NE(news_.find("Trying to pull registry.example.com:5000..."), std::string::npos) << news_;
}

TEST_F(ContainerImagesTest, a_pull_that_fails_is_told_in_podmans_words) {
  fake_.write("pull-fails", "");
  Images images(podman_, true);
  auto image = ensure(images, "far.example.com:1");
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().kind, ErrorKind::validation);
  EXPECT_EQ(image.error().message,
            "podman cannot pull the image 'far.example.com:1': initializing source: no such host");
}

TEST_F(ContainerImagesTest, what_must_be_here_is_not_pulled) {
  Images never(podman_, false);
  EXPECT_NE(ensure(never, "far.example.com:1").error().message.find("pull-images is off"), std::string::npos);
  Images images(podman_, true);
  EXPECT_NE(ensure(images, "aws.example.com:1", true).error().message.find("does not have"), std::string::npos);
  EXPECT_NE(ensure(images, "localhost/x:1").error().message.find("does not have"), std::string::npos);
  EXPECT_EQ(fake_.calls().find("pull"), std::string::npos);
}

TEST_F(ContainerImagesTest, what_is_no_reference_never_reaches_podman) {
  Images images(podman_, true);
  for (const char* name :
       {"", "--help", "-v", "dir:/etc", "oci-archive:/tmp/x.tar", "a b", "a\nb", "$(x)", "a//b", "/etc"}) {
    auto image = ensure(images, name);
    ASSERT_FALSE(image.ok()) << name;
    EXPECT_EQ(image.error().kind, ErrorKind::validation) << name;
  }
  EXPECT_FALSE(ensure(images, std::string(300, 'a')).ok());
  EXPECT_EQ(fake_.calls(), "");
}

TEST_F(ContainerImagesTest, a_pull_that_hangs_ends_with_its_owner) {
  fake_.write("pull-hangs", "");
  std::promise<void> pulling;
  std::atomic<bool> told{false};
  const auto before = std::chrono::steady_clock::now();
  {
    Images images(podman_, true);
    images.ensure(
        "far.example.com:1", false,
        [&](const std::string& line) {
          if (line.starts_with("Trying") && !told.exchange(true)) pulling.set_value();
        },
        [](Outcome<ContainerImage>) { FAIL() << "nobody is told by a server that stops"; });
    ASSERT_EQ(pulling.get_future().wait_for(10s), std::future_status::ready);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
}

TEST_F(ContainerImagesTest, those_who_want_the_same_image_wait_for_one_pull) {
  Images images(podman_, true);
  constexpr int callers = 10;
  std::vector<std::promise<bool>> ends(callers);
  for (auto& end : ends)
    images.ensure("far.example.com:1", false, nullptr,
                  [&](Outcome<ContainerImage> image) { end.set_value(image.ok()); });
  for (auto& end : ends) EXPECT_TRUE(end.get_future().get());
  const std::string calls = fake_.calls();
  EXPECT_EQ(calls.find("pull --"), calls.rfind("pull --"));
}

TEST_F(ContainerImagesTest, where_podman_is_not_there_it_says_so) {
  auto options = fake_.options();
  options.podman = "no-such-podman";
  Podman absent(options);
  EXPECT_NE(absent.absence().find("apt-get install"), std::string::npos);
  Images images(absent, true);
  auto image = ensure(images, "mine:1");
  ASSERT_FALSE(image.ok());
  EXPECT_NE(image.error().message.find("podman is not installed"), std::string::npos);
  ASSERT_EQ(container_check(options).size(), 1u);
  options.podman = "";
  EXPECT_NE(Podman(options).absence().find("switched off"), std::string::npos);
}

TEST_F(ContainerImagesTest, where_podman_starts_nothing_its_last_words_and_what_would_mend_it_are_told) {
  fake_.write("refuses", "--network");
  Images images(podman_, true);
  auto image = ensure(images, "mine:1");
  ASSERT_FALSE(image.ok());
  EXPECT_NE(image.error().message.find("crun: --network is not to be had"), std::string::npos) << image.error().message;
  EXPECT_NE(image.error().message.find("mend it with"), std::string::npos) << image.error().message;
  auto lacks = container_check(fake_.options());
  ASSERT_EQ(lacks.size(), 1u);
  EXPECT_FALSE(lacks[0].mend.empty());
  EXPECT_EQ(lacks[0].what.find("mend"), std::string::npos);
}

TEST_F(ContainerImagesTest, the_best_way_that_works_is_found_once) {
  fake_.write("refuses", "--memory");
  EXPECT_EQ(podman_.start_way().value(), (StartWay{false, true, false}));
  const std::string calls = fake_.calls();
  EXPECT_EQ(podman_.start_way().value(), (StartWay{false, true, false}));
  EXPECT_EQ(fake_.calls(), calls);
}

}  // namespace
}  // namespace clary::workers
