#include "workers/sandbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "workers/unconfined.hpp"

namespace clary::workers {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string line_of(const SandboxPlan& plan) {
  HostLayout host;
  host.folders = {"/usr"};
  host.links = {{"/bin", "usr/bin"}};
  host.etc = {"/etc/localtime"};
  std::string line;
  for (const auto& word : sandbox_command(host, plan)) line += (line.empty() ? "" : " ") + word;
  return line;
}

SandboxPlan plan() {
  SandboxPlan plan;
  plan.bwrap = "/usr/bin/bwrap";
  plan.init = "/opt/clary/clary-init";
  plan.hostname = "algo-1";
  plan.socket_folder = "/data/run";
  plan.shared_memory = 1000;
  plan.info_descriptor = 6;
  plan.files = {{"/data/workers/x/etc/hosts", "/etc/hosts", false}};
  plan.mounts = {{"/data/workers/x/ml", "/opt/ml", true}, {"/cache/env", "/opt/clary/env", false}};
  return plan;
}

TEST(SandboxCommand, names_all_that_a_worker_sees) {
  EXPECT_EQ(
      line_of(plan()),
      "/usr/bin/bwrap --unshare-user --disable-userns --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try "
      "--unshare-net --hostname algo-1 --as-pid-1 --info-fd 6 --ro-bind /usr /usr --symlink usr/bin /bin --dir /etc "
      "--ro-bind-try /etc/localtime /etc/localtime --proc /proc --dev /dev --perms 1777 --size 1000 --tmpfs /dev/shm "
      "--dir /run --dir /var --symlink /run /var/run --symlink /tmp /var/tmp "
      "--ro-bind /data/workers/x/etc/hosts /etc/hosts --dir /opt --bind /data/workers/x/ml /opt/ml --dir /opt/clary "
      "--ro-bind /cache/env /opt/clary/env --dir /run --dir /run/clary "
      "--ro-bind /opt/clary/clary-init /run/clary/clary-init --ro-bind /data/run /run/clary/server --remount-ro / -- "
      "/run/clary/clary-init");
}

TEST(SandboxCommand, root_makes_no_user_namespace_and_keeps_only_what_dropping_needs) {
  SandboxPlan root = plan();
  root.root = true;
  EXPECT_THAT(
      line_of(root),
      HasSubstr("bwrap --cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID --cap-add CAP_SETPCAP --unshare-pid"));
  EXPECT_THAT(line_of(root), Not(HasSubstr("--unshare-user")));
}

TEST(SandboxCommand, the_host_network_is_only_shared_when_asked_for) {
  SandboxPlan open = plan();
  open.host_network = true;
  open.socket_folder.clear();
  EXPECT_THAT(line_of(open), Not(HasSubstr("--unshare-net")));
  EXPECT_THAT(line_of(open), Not(HasSubstr("/run/clary/server")));
}

TEST(Unconfined, whole_paths_are_replaced_and_parts_of_names_are_not) {
  const std::vector<Mount> mounts{{"/w/ml", "/opt/ml", true}, {"/data/model", "/opt/ml/model", true}};
  EXPECT_EQ(with_host_paths("/opt/ml", mounts), "/w/ml");
  EXPECT_EQ(with_host_paths("/opt/ml/input/x", mounts), "/w/ml/input/x");
  EXPECT_EQ(with_host_paths("/opt/ml/model", mounts), "/data/model");
  EXPECT_EQ(with_host_paths("/opt/ml/models", mounts), "/w/ml/models");
  EXPECT_EQ(with_host_paths("/opt/mlx:/my/opt/ml:s3://opt/ml", mounts), "/opt/mlx:/my/opt/ml:s3://opt/ml");
  EXPECT_EQ(with_host_paths("a:/opt/ml/model:/opt/ml/code \"/opt/ml\"", mounts), "a:/data/model:/w/ml/code \"/w/ml\"");
}

}  // namespace
}  // namespace clary::workers
