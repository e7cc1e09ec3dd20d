#include "workers/container_command.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "workers/container_images.hpp"

namespace clary::workers {
namespace {

using Words = std::vector<std::string>;

bool has(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The value after an option.
std::string after(const Words& words, const std::string& option) {
  auto at = std::find(words.begin(), words.end(), option);
  return at == words.end() || at + 1 == words.end() ? "(none)" : *(at + 1);
}

ContainerPlan plan() {
  ContainerPlan plan;
  plan.name = "clary-1-train-1";
  plan.image = "sha256:abc";
  plan.init = "/usr/lib/clary/clary-init";
  plan.hostname = "algo-1";
  plan.pid_file = "/data/workers/train-1/pid";
  plan.socket_folder = "/data/socket";
  plan.mounts = {{"/data/workers/train-1/ml", "/opt/ml", true}, {"/data/model", "/opt/ml/model", false}};
  plan.limits = {2, 1ULL << 30, 0, 100};
  plan.open_files = 20000;
  return plan;
}

TEST(ContainerCommandTest, a_container_is_cut_off_and_told_nothing_but_clary_init) {
  auto words = run_arguments(plan(), {}).value();
  EXPECT_EQ(words.front(), "run");
  EXPECT_EQ(words.back(), "sha256:abc");
  EXPECT_EQ(after(words, "--network"), "none");
  EXPECT_EQ(after(words, "--entrypoint"), "/run/clary/clary-init");
  EXPECT_EQ(after(words, "--pull"), "never");
  EXPECT_EQ(after(words, "--log-driver"), "none");
  EXPECT_EQ(after(words, "--preserve-fds"), "3");
  EXPECT_TRUE(has(words, "--http-proxy=false"));
  EXPECT_TRUE(has(words, "no-new-privileges"));
  EXPECT_FALSE(has(words, "--env"));
  EXPECT_FALSE(has(words, "--privileged"));
  EXPECT_TRUE(has(words, "nofile=20000:20000"));
  EXPECT_TRUE(has(words, "type=bind,source=/data/workers/train-1/ml,target=/opt/ml"));
  EXPECT_TRUE(has(words, "type=bind,source=/data/model,target=/opt/ml/model,readonly"));
  EXPECT_TRUE(has(words, "type=bind,source=/data/socket,target=/run/clary/server,readonly"));
}

TEST(ContainerCommandTest, limits_are_asked_for_where_cgroups_take_them) {
  auto limited = run_arguments(plan(), {true, true, false}).value();
  EXPECT_GT(std::stoull(after(limited, "--memory")), 1ULL << 30);
  EXPECT_EQ(after(limited, "--cpus"), "2.00");
  EXPECT_EQ(after(limited, "--pids-limit"), "100");
  auto unlimited = run_arguments(plan(), {false, true, false}).value();
  EXPECT_FALSE(has(unlimited, "--memory"));
  EXPECT_FALSE(has(unlimited, "--cgroups"));
  EXPECT_EQ(after(run_arguments(plan(), {false, false, false}).value(), "--cgroups"), "disabled");
}

TEST(ContainerCommandTest, gpus_are_devices_and_others_are_kept_from_hooks) {
  EXPECT_FALSE(has(run_arguments(plan(), {}).value(), "--device"));
  auto asked = plan();
  asked.devices = {"nvidia.com/gpu=1"};
  asked.hide_gpus = true;
  auto words = run_arguments(asked, {}).value();
  EXPECT_EQ(after(words, "--device"), "nvidia.com/gpu=1");
  EXPECT_EQ(after(words, "--env"), "NVIDIA_VISIBLE_DEVICES=void");
}

TEST(ContainerCommandTest, the_images_own_user_is_given_the_writable_folders_alone) {
  auto asked = plan();
  asked.give_to_user = true;
  auto words = run_arguments(asked, {}).value();
  EXPECT_TRUE(has(words, "type=bind,source=/data/workers/train-1/ml,target=/opt/ml,U"));
  EXPECT_TRUE(has(words, "type=bind,source=/data/model,target=/opt/ml/model,readonly"));
}

TEST(ContainerCommandTest, a_path_that_podmans_options_cannot_carry_is_refused) {
  for (const char* path : {"/data/a,b", "/data/a\"b", "/data/a\nb"}) {
    auto asked = plan();
    asked.mounts = {{path, "/opt/ml", true}};
    auto words = run_arguments(asked, {});
    ASSERT_FALSE(words.ok()) << path;
    EXPECT_EQ(words.error().kind, ErrorKind::validation);
  }
}

TEST(ContainerCommandTest, cgroup_v2_is_put_out_of_sight_in_mounts_of_ones_own) {
  const Words run{"run", "x"};
  EXPECT_EQ(with_way({false, false, false}, true, "/usr/bin/podman", run), (Words{"/usr/bin/podman", "run", "x"}));
  auto root = with_way({false, false, true}, true, "/usr/bin/podman", run);
  EXPECT_EQ(root.front(), "unshare");
  EXPECT_TRUE(has(root, "--mount"));
  EXPECT_EQ(Words(root.end() - 3, root.end()), (Words{"/usr/bin/podman", "run", "x"}));
  auto user = with_way({false, false, true}, false, "/usr/bin/podman", run);
  EXPECT_EQ(Words(user.begin(), user.begin() + 3), (Words{"/usr/bin/podman", "unshare", "unshare"}));
}

TEST(ContainerCommandTest, what_runs_in_an_image) {
  const ContainerImage image{"x", "id", {"/entry", "-v"}, {"default"}, ""};
  EXPECT_EQ(container_command(image, {}, {}, "train"), (Words{"/entry", "-v", "train"}));
  EXPECT_EQ(container_command(image, {}, {"a", "b"}, "train"), (Words{"/entry", "-v", "a", "b"}));
  EXPECT_EQ(container_command(image, {"/bin/sh", "-c"}, {"ls"}, "train"), (Words{"/bin/sh", "-c", "ls"}));
  EXPECT_EQ(container_command(image, {"/mine"}, {}, "train"), (Words{"/mine"}));
  EXPECT_EQ(container_command(image, {}, {}, ""), (Words{"/entry", "-v", "default"}));
  EXPECT_EQ(container_command({"x", "id", {}, {}, ""}, {}, {}, "serve"), (Words{"serve"}));
  EXPECT_TRUE(container_command({"x", "id", {}, {}, ""}, {}, {}, "").empty());
}

}  // namespace
}  // namespace clary::workers
