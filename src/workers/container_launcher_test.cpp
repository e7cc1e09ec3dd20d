#include "workers/container_launcher.hpp"

#include <arpa/inet.h>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/un.h>

#include "workers/test_podman.hpp"

namespace clary::workers {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// The containers are plain processes here (test_podman.hpp): what podman itself does is shown by the end-to-end tests.
class ContainerLauncherTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void TearDown() override {
    for (const auto& id : launcher_->ids()) launcher_->remove(id);
  }
  void open(std::chrono::seconds patience = 120s) {
    launcher_.reset();
    auto inner = open_process_launcher(LauncherOptions{.folder = folder_,
                                                       .socket = {},
                                                       .sandbox = false,
                                                       .init = io::program_folder() + "/clary-init",
                                                       .devices = devices_});
    ASSERT_TRUE(inner.ok()) << inner.error().message;
    launcher_ =
        open_container_launcher(*std::move(inner), podman_, {.folder = folder_, .socket = {}, .patience = patience});
  }
  WorkerSpec spec(const std::string& id, std::vector<std::string> command) {
    WorkerSpec spec;
    spec.id = id;
    spec.image = "sha256:beef";
    spec.command = std::move(command);
    spec.forwarder = false;
    return spec;
  }
  static Exit end_of(Worker& worker) {
    std::promise<Exit> promise;
    auto future = promise.get_future();
    worker.on_exit([&](Exit exit) { promise.set_value(exit); });
    EXPECT_EQ(future.wait_for(20s), std::future_status::ready);
    return future.get();
  }
  static std::string output_of(Worker& worker) { return io::read_file(worker.output_path(), 1 << 20).value(); }

  FakePodman fake_;
  Podman podman_{fake_.options()};
  const std::string folder_ = fake_.root + "/workers", devices_ = fake_.root + "/dev";
  std::unique_ptr<Launcher> launcher_;
};

TEST_F(ContainerLauncherTest, the_command_is_found_on_the_images_path_with_its_environment_below_ours) {
  fake_.write("bin/train", "#!/bin/sh\necho \"$IMAGE_SAYS $OURS $*\"; pwd; exit 7\n");
  chmod((fake_.root + "/bin/train").c_str(), 0755);
  auto asked = spec("one", {"train", "now"});
  asked.environment = {{"OURS", "there"}};
  auto worker = launcher_->start(asked);
  ASSERT_TRUE(worker.ok()) << worker.error().message << worker.error().detail;
  const Exit exit = end_of(**worker);
  EXPECT_EQ(exit.kind, Exit::Kind::exited);
  EXPECT_EQ(exit.code, 7);
  EXPECT_EQ(output_of(**worker), "hello there now\n" + fake_.root + "\n");
  EXPECT_EQ(fake_.calls().find("OURS"), std::string::npos) << "the environment stood on podman's command line";
}

TEST_F(ContainerLauncherTest, the_next_launcher_finds_it_running_and_stops_it) {
  auto worker = launcher_->start(
      spec("one", {"/bin/sh", "-c", "trap 'echo stopped; exit 3' TERM; echo up; while :; do sleep 0.02; done"}));
  ASSERT_TRUE(worker.ok()) << worker.error().message << worker.error().detail;
  while (output_of(**worker).find("up") == std::string::npos) usleep(2000);
  worker->reset();
  open();
  auto found = launcher_->attach("one");
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE((*found)->exit());
  (*found)->stop(20s);
  EXPECT_EQ(end_of(**found).code, 3);
}

TEST_F(ContainerLauncherTest, removal_clears_the_container_too) {
  auto worker = launcher_->start(spec("one", {"/bin/true"}));
  ASSERT_TRUE(worker.ok()) << worker.error().message << worker.error().detail;
  end_of(**worker);
  launcher_->remove("one");
  EXPECT_FALSE(fs::exists(folder_ + "/one"));
  EXPECT_NE(fake_.calls().find("rm --force --ignore --time 0 --volumes " + container_prefix(folder_) + "one"),
            std::string::npos);
}

TEST_F(ContainerLauncherTest, what_a_killed_server_left_is_swept_at_the_start) {
  fs::create_directories(podman_.options().folder);
  fs::create_directories(folder_ + "/kept");
  const std::string prefix = container_prefix(folder_);
  const std::string ours = fmt::format("check-{}-7", getpid());
  fake_.write("containers", prefix + "kept\nclary-ffffffff-other\nsomebodys\n" + prefix + ours + "\n" + prefix +
                                "check-1-7\n" + prefix + "gone\n");
  open();
  while (fake_.calls().find(prefix + "gone") == std::string::npos) usleep(2000);
  launcher_.reset();
  EXPECT_NE(fake_.calls().find(prefix + "check-1-7\n"), std::string::npos) << "a trial of a server that is gone";
  for (const std::string& name : {std::string("kept"), std::string("other"), std::string("somebodys"), ours})
    EXPECT_EQ(fake_.calls().find(std::string(name) + "\n"), std::string::npos) << name;
  open();
}

TEST_F(ContainerLauncherTest, podmans_failure_is_told_and_leaves_nothing) {
  ASSERT_TRUE(podman_.start_way().ok());
  fake_.write("refuses", "--pidfile");
  auto worker = launcher_->start(spec("one", {"/bin/true"}));
  ASSERT_FALSE(worker.ok());
  EXPECT_EQ(worker.error().message,
            "podman could not start the container: crun: --pidfile is not to be had: OCI runtime error");
  EXPECT_FALSE(launcher_->attach("one").ok());
}

TEST_F(ContainerLauncherTest, a_start_that_takes_too_long_leaves_no_podman_behind) {
  ASSERT_TRUE(podman_.start_way().ok());
  fake_.write("start-hangs", "");
  open(3s);
  EXPECT_FALSE(launcher_->start(spec("one", {"/bin/true"})).ok());
  const pid_t hanging = std::atoi(io::read_file(fake_.root + "/hanging").value().c_str());
  ASSERT_GT(hanging, 0);
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (io::identify(hanging) && std::chrono::steady_clock::now() < end) usleep(1000);
  EXPECT_FALSE(io::identify(hanging).has_value());
}

TEST_F(ContainerLauncherTest, what_the_images_user_wrote_is_removed_in_podmans_namespace) {
  if (geteuid() == 0) GTEST_SKIP() << "root owns all ids itself";
  auto asked = spec("one", {"/bin/true"});
  asked.image_user = "app";
  auto worker = launcher_->start(asked);
  ASSERT_TRUE(worker.ok()) << worker.error().message << worker.error().detail;
  end_of(**worker);
  launcher_->remove("one");
  for (const char* part : {"/one/ml", "/one/checkpoints"})
    EXPECT_NE(fake_.calls().find(folder_ + part), std::string::npos) << part;
}

TEST_F(ContainerLauncherTest, specs_that_cannot_be_a_container_are_refused) {
  EXPECT_EQ(launcher_->start(spec("one", {})).error().kind, ErrorKind::validation);
  EXPECT_FALSE(launcher_->start(spec("../one", {"/bin/true"})).ok());
  auto linked = spec("one", {"/bin/true"});
  linked.hostname = "algo-3";
  linked.link = {"network", {"algo-1", "algo-2"}};
  EXPECT_FALSE(launcher_->start(linked).ok());
  auto broken = spec("one", {"/bin/true"});
  broken.environment = {{"A=B", "c"}};
  EXPECT_EQ(launcher_->start(broken).error().kind, ErrorKind::validation);
  auto absent = spec("one", {"/bin/true"});
  absent.mounts = {{"/no/such/folder", "/x", false}};
  EXPECT_FALSE(launcher_->start(absent).ok());
  absent.mounts = {{"/tmp", "/opt/../run", false}};
  EXPECT_FALSE(launcher_->start(absent).ok());
  auto nameless = spec("one", {"/bin/true"});
  nameless.hostname = "no name";
  EXPECT_FALSE(launcher_->start(nameless).ok());
  EXPECT_EQ(fake_.calls(), "");
}

TEST_F(ContainerLauncherTest, a_spec_without_an_image_goes_to_the_launcher_behind) {
  auto plain = spec("one", {"/bin/sh", "-c", "exit 5"});
  plain.image.clear();
  auto worker = launcher_->start(plain);
  ASSERT_TRUE(worker.ok()) << worker.error().message << worker.error().detail;
  EXPECT_EQ(end_of(**worker).code, 5);
  EXPECT_EQ(fake_.calls(), "");
}

// A container says which GPUs it was told of, and runs until its /opt/ml/go is there.
class ContainersWithGpus : public ContainerLauncherTest {
 protected:
  void SetUp() override {
    fs::create_directories(devices_);
    for (const char* name : {"nvidia0", "nvidia1", "nvidiactl"}) std::ofstream(devices_ + "/" + name) << "";
    open();
  }
  std::shared_ptr<Worker> begin(const std::string& id, unsigned gpus, bool container = true) {
    auto asked = spec(id, {"/bin/sh", "-c",
                           "echo \"$CUDA_VISIBLE_DEVICES of $SM_NUM_GPUS\"; until [ -e \"$0\" ]; do sleep 0.02; done",
                           container ? folder_ + "/" + id + "/ml/go" : "/opt/ml/go"});
    asked.limits.gpus = gpus;
    if (!container) asked.image.clear();
    auto worker = launcher_->start(asked);
    EXPECT_TRUE(worker.ok()) << worker.error().message << worker.error().detail;
    return worker ? *worker : nullptr;
  }
  static void finish(Worker& worker) {
    std::ofstream(worker.folder() + "/ml/go") << "";
    EXPECT_TRUE(end_of(worker).success());
  }
  // What podman was told for that worker, from "--device" on or nothing.
  std::string devices_of(const std::string& id) {
    std::istringstream calls(fake_.calls());
    std::string found = "(not called)";
    for (std::string line; std::getline(calls, line);) {
      if (line.find("--name " + container_prefix(folder_) + id + " ") == std::string::npos) continue;
      found.clear();
      std::istringstream words(line);
      for (std::string word; words >> word;) {
        if (word != "--device" && word != "--env") continue;
        words >> word;
        found += (found.empty() ? "" : " ") + word;
      }
    }
    return found;
  }
  std::string node(const std::string& name) const { return devices_ + "/" + name + ":/dev/" + name; }
};

TEST_F(ContainersWithGpus, each_is_used_by_one_worker_at_a_time_and_free_at_its_end) {
  const std::string hidden = " NVIDIA_VISIBLE_DEVICES=void";
  auto first = begin("first", 1), second = begin("second", 1), none = begin("none", 0);
  ASSERT_TRUE(first && second && none);
  EXPECT_EQ(devices_of("first"), node("nvidia0") + " " + node("nvidiactl") + hidden);
  EXPECT_EQ(devices_of("second"), node("nvidia1") + " " + node("nvidiactl") + hidden);
  EXPECT_EQ(devices_of("none"), hidden.substr(1));
  finish(*first);
  auto third = begin("third", 1);
  ASSERT_TRUE(third);
  EXPECT_EQ(devices_of("third"), devices_of("first"));
  for (auto* worker : {&second, &none, &third}) finish(**worker);
  EXPECT_EQ(output_of(*first), "0 of 1\n");
  EXPECT_EQ(output_of(*second), "0 of 1\n") << "inside it sees no others";
  EXPECT_EQ(output_of(*none), " of 0\n");
}

TEST_F(ContainersWithGpus, they_are_shared_out_between_containers_and_the_launcher_behind) {
  auto bare = begin("bare", 1, false), contained = begin("contained", 1);
  ASSERT_TRUE(bare && contained);
  EXPECT_TRUE(devices_of("contained").starts_with(node("nvidia1")));
  finish(*bare);
  auto next = begin("next", 1, false);
  ASSERT_TRUE(next);
  finish(*next);
  finish(*contained);
  EXPECT_EQ(output_of(*bare), "0 of 1\n");
  EXPECT_EQ(output_of(*next), "0 of 1\n") << "without a sandbox it sees all, and gets the free one";
}

TEST_F(ContainersWithGpus, the_next_server_knows_who_has_which) {
  auto held = begin("held", 1);
  ASSERT_TRUE(held);
  held.reset();
  open();
  held = launcher_->attach("held").value();
  auto next = begin("next", 1);
  ASSERT_TRUE(next);
  EXPECT_TRUE(devices_of("next").starts_with(node("nvidia1"))) << devices_of("next");
  finish(*held);
  finish(*next);
}

TEST_F(ContainersWithGpus, one_that_does_not_start_leaves_its_gpu_to_the_next) {
  ASSERT_TRUE(podman_.start_way().ok());
  fake_.write("refuses", "--pidfile");
  auto failing = spec("failing", {"/bin/true"});
  failing.limits.gpus = 1;
  EXPECT_FALSE(launcher_->start(failing).ok());
  fake_.write("refuses", "");
  auto next = begin("next", 1);
  ASSERT_TRUE(next);
  EXPECT_TRUE(devices_of("next").starts_with(node("nvidia0"))) << devices_of("next");
  finish(*next);
}

// Many at once: a container takes long to start, and its GPU is no other's meanwhile.
TEST_F(ContainersWithGpus, two_that_start_at_once_get_one_each) {
  ASSERT_TRUE(podman_.start_way().ok());
  std::vector<std::future<std::shared_ptr<Worker>>> starting;
  for (const char* id : {"a", "b"})
    starting.push_back(std::async(std::launch::async, [this, id] { return begin(id, 1); }));
  std::vector<std::shared_ptr<Worker>> workers;
  for (auto& one : starting) workers.push_back(one.get());
  for (const auto& worker : workers) ASSERT_TRUE(worker);
  EXPECT_NE(devices_of("a"), devices_of("b"));
  for (const auto& worker : workers) finish(*worker);
}

int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

std::string ask(const std::string& path) {
  io::File socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
  // Until the server listens the connection is closed at once, which must not be a signal.
  constexpr std::string_view request = "GET /ping HTTP/1.0\r\n\r\n";
  if (send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
  std::string answer;
  char buffer[4096];
  while (true) {
    auto got = socket.read(buffer, sizeof buffer);
    if (!got || *got == 0) return answer;
    answer.append(buffer, *got);
  }
}

TEST_F(ContainerLauncherTest, a_port_inside_is_reached_over_a_unix_socket) {
  const int port = free_port();
  fake_.write("ping", "pong");
  auto asked = spec("one", {"/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", std::to_string(port)});
  asked.serve_port = port;
  asked.serve_socket = fake_.root + "/worker.sock";
  auto worker = launcher_->start(asked);
  ASSERT_TRUE(worker.ok()) << worker.error().message << worker.error().detail;
  std::string answer;
  for (const auto end = std::chrono::steady_clock::now() + 20s;
       answer.find("pong") == std::string::npos && std::chrono::steady_clock::now() < end; usleep(5000))
    answer = ask(asked.serve_socket);
  EXPECT_NE(answer.find("200 OK"), std::string::npos) << answer;
  EXPECT_NE(answer.find("pong"), std::string::npos) << answer;
  (*worker)->stop(20s);
  end_of(**worker);
}

}  // namespace
}  // namespace clary::workers
