#include "workers/networks.hpp"

#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <thread>

#include "workers/link.hpp"
#include "workers/test_host.hpp"
#include "workers/worker_folder.hpp"

namespace clary::workers {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Linked : public testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(As, Linked, testing::Values(Mode::root, Mode::user),
                         [](const auto& info) { return info.param == Mode::root ? "root" : "user"; });

// What the scripts begin with: words for a port of another host.
const char* const words = R"(
import fcntl, os, socket, struct, sys, time
def address(interface="eth0"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return socket.inet_ntoa(fcntl.ioctl(s, 0x8915, struct.pack("256s", interface.encode()))[20:24])
def serve(port, host="0.0.0.0"):
    s = socket.create_server((host, port))
    c, peer = s.accept()
    c.sendall(("I am " + socket.gethostname() + ", you are " + peer[0]).encode())
    c.close()
def ask(host, port):
    while True:
        try:
            return socket.create_connection((host, port), 5).recv(1000).decode()
        except OSError:
            time.sleep(0.02)
def reach(host, port):
    try:
        socket.create_connection((host, port), 0.3).close()
        return "reached"
    except OSError as e:
        return "not reached"
def say(*what):
    print(*what, flush=True)
)";

WorkerSpec host_of(const std::string& network, std::size_t place, const std::string& script, std::size_t count = 2) {
  WorkerSpec spec;
  for (std::size_t i = 1; i <= count; ++i) spec.link.hosts.push_back("algo-" + std::to_string(i));
  spec.link.network = network;
  spec.hostname = spec.link.hosts[place - 1];
  spec.id = network + "-" + spec.hostname;
  spec.command = {"/usr/bin/python3", "-c", words + script};
  return spec;
}

void wait_for_output(const std::shared_ptr<Worker>& worker, const std::string& wanted) {
  const auto end = std::chrono::steady_clock::now() + 15s;
  while (output_of(worker).find(wanted) == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << output_of(worker);
    std::this_thread::sleep_for(2ms);
  }
}

bool holder_lives(const Host& host) {
  // The program and its first argument: the outer process of a sandbox names the program too, and may end after it.
  return any_process_says(host.root + "/clary-init" + std::string(1, '\0') + "hold");
}

TEST_P(Linked, hosts_reach_each_other_by_name_at_addresses_of_their_own) {
  run_as(GetParam(), [] {
    Host host;
    auto first = host.start(host_of("job", 1, R"(
say(address(), socket.gethostbyname("algo-1"), socket.gethostbyname("algo-2"), socket.gethostbyname("localhost"))
serve(2222)
serve(3333, "algo-1")
say(ask("algo-2", 4444)))"));
    auto second = host.start(host_of("job", 2, R"(
say(ask("algo-1", 2222))
say(ask("algo-1", 3333))
serve(4444)
say(sorted(os.listdir("/sys/class/net") if os.path.isdir("/sys/class/net") else [n for _, n in socket.if_nameindex()])))"));
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(wait_for(second).has_value());
    ASSERT_TRUE(wait_for(first).has_value());
    EXPECT_EQ(output_of(first), "10.32.0.1 10.32.0.1 10.32.0.2 127.0.0.1\nI am algo-2, you are 10.32.0.1\n");
    EXPECT_EQ(output_of(second), "I am algo-1, you are 10.32.0.2\nI am algo-1, you are 10.32.0.2\n['eth0', 'lo']\n");
    host.launcher->remove(first->id());
    EXPECT_TRUE(holder_lives(host));
    host.launcher->remove(second->id());
    EXPECT_FALSE(holder_lives(host));
    EXPECT_TRUE(fs::is_empty(host.root + "/networks"));
  });
}

std::string address_of_this_machine() {
  std::string found = "127.0.0.1";
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return found;
  for (const ifaddrs* entry = all; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_INET || (entry->ifa_flags & IFF_LOOPBACK)) continue;
    char text[INET_ADDRSTRLEN] = {};
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr, text, sizeof text);
    found = text;
  }
  freeifaddrs(all);
  return found;
}

// Root reads every folder; to both, what is no folder is as unreadable as what they may not read.
TEST_P(Linked, a_network_whose_hosts_cannot_be_read_stays) {
  run_as(GetParam(), [] {
    Host host;
    auto first = host.start(host_of("job", 1, "serve(2222)"));
    ASSERT_TRUE(first);
    const std::string hosts = host.root + "/networks/job/hosts";
    fs::rename(hosts, hosts + ".kept");
    std::ofstream(hosts) << "";
    host.reopen();
    EXPECT_TRUE(holder_lives(host));
    fs::remove(hosts);
    fs::rename(hosts + ".kept", hosts);
    host.launcher->remove("job-algo-1");
    EXPECT_FALSE(holder_lives(host));
  });
}

TEST_P(Linked, nothing_of_the_host_or_of_another_network_is_reached) {
  run_as(GetParam(), [] {
    Host host;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(listener, 8), 0);
    socklen_t size = sizeof address;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    auto other = host.start(host_of("other", 1, "say('up'); serve(2222)"));
    auto peer = host.start(host_of("job", 1, "say('up'); serve(5555)"));
    wait_for_output(other, "up");
    wait_for_output(peer, "up");
    const int port = ntohs(address.sin_port);
    auto looking = host_of("job", 2,
                           fmt::format(R"(
say(reach("127.0.0.1", {0}), reach("{1}", {0}), reach("10.32.0.1", {0}), reach("10.32.0.254", {0}), reach("algo-1", 9080))
say(reach("algo-1", 2222), ask("algo-1", 5555)))",
                                       port, address_of_this_machine()));
    EXPECT_EQ(
        run(host, looking),
        "not reached not reached not reached not reached not reached\nnot reached I am algo-1, you are 10.32.0.2\n");
    close(listener);
  });
}

TEST_P(Linked, a_network_outlives_the_launcher_and_later_hosts_join_it) {
  run_as(GetParam(), [] {
    Host host;
    auto first = host.start(host_of("job", 1, "say('up'); serve(2222); serve(2222)", 3));
    wait_for_output(first, "up");
    EXPECT_EQ(run(host, host_of("job", 2, "say(ask('algo-1', 2222))", 3)), "I am algo-1, you are 10.32.0.2\n");
    first.reset();
    host.reopen();
    ASSERT_TRUE(host.launcher->attach("job-algo-1").ok());
    EXPECT_EQ(run(host, host_of("job", 3, "say(ask('algo-1', 2222))", 3)), "I am algo-1, you are 10.32.0.3\n");
    for (const auto& id : host.launcher->ids()) host.launcher->remove(id);
    EXPECT_FALSE(holder_lives(host));
    EXPECT_TRUE(fs::is_empty(host.root + "/networks"));
  });
}

TEST_P(Linked, a_host_that_comes_again_has_its_old_address) {
  run_as(GetParam(), [] {
    Host host;
    auto first = host.start(host_of("job", 1, "say('up'); serve(2222); serve(2222)"));
    wait_for_output(first, "up");
    for (const char* attempt : {"a", "b"}) {
      auto spec = host_of("job", 2, "say(ask('algo-1', 2222))");
      spec.id += attempt;
      EXPECT_EQ(run(host, spec), "I am algo-1, you are 10.32.0.2\n");
      host.launcher->remove(spec.id);
    }
  });
}

TEST_P(Linked, what_a_killed_server_left_over_is_cleared) {
  run_as(GetParam(), [] {
    Host host;
    auto only = host.start(host_of("job", 1, "say('up'); time.sleep(1000)"));
    wait_for_output(only, "up");
    only->kill();
    ASSERT_TRUE(wait_for(only).has_value());
    only.reset();
    host.launcher.reset();
    EXPECT_TRUE(holder_lives(host));
    // As when the server dies between the removal of the worker's folder and the end of its network.
    fs::remove_all(host.options.folder + "/job-algo-1");
    host.reopen();
    EXPECT_FALSE(holder_lives(host));
    EXPECT_TRUE(fs::is_empty(host.root + "/networks"));
  });
}

TEST_P(Linked, a_holder_that_is_gone_is_made_again) {
  run_as(GetParam(), [] {
    Host host;
    auto first = host.start(host_of("job", 1, "say('up'); time.sleep(1000)"));
    wait_for_output(first, "up");
    pid_t holder = 0;
    std::ifstream(host.root + "/networks/job/record") >> holder;
    ASSERT_GT(holder, 1);
    const auto process = io::open_process(io::identify(holder).value());
    kill(holder, SIGKILL);
    ASSERT_TRUE(io::wait_for_end(*process, 5s));
    EXPECT_EQ(run(host, host_of("job", 2, "say(address())")), "10.32.0.2\n");
  });
}

TEST_P(Linked, the_check_finds_nothing_lacking_where_networks_work) {
  run_as(GetParam(), [] {
    Host host;
    for (const Lack& lack : network_check(host.options)) ADD_FAILURE() << lack.what;
    host.options.init = "/bin/false";
    ASSERT_EQ(network_check(host.options).size(), 1u);
  });
}

// What a launcher in front asks for; that a process is taken in, the tests of containers show.
TEST_P(Linked, a_host_started_by_other_means_is_linked_under_root) {
  run_as(GetParam(), [] {
    Host host;
    const WorkerSpec spec = host_of("job", 1, "");
    fs::create_directories(host.options.folder + "/" + spec.id);
    const auto take_in = host.launcher->link_host(spec);
    EXPECT_EQ(take_in.ok(), geteuid() == 0);
    if (!take_in) {
      EXPECT_EQ(take_in.error().kind, ErrorKind::validation);
      EXPECT_NE(take_in.error().message.find("runs as root"), std::string::npos);
      EXPECT_FALSE(fs::exists(host.root + "/networks/job"));
      return;
    }
    EXPECT_TRUE(holder_lives(host));
    host.launcher->remove(spec.id);
    EXPECT_FALSE(fs::exists(host.root + "/networks/job"));
  });
}

TEST(LinkedOff, several_hosts_need_the_sandbox) {
  Host host(false);
  auto worker = host.launcher->start(host_of("job", 1, "say(1)"));
  ASSERT_FALSE(worker.ok());
  EXPECT_EQ(worker.error().kind, ErrorKind::unavailable);
  EXPECT_NE(worker.error().message.find("--sandbox=off"), std::string::npos);
}

TEST(Link, impossible_ones_are_refused) {
  WorkerSpec spec = host_of("job", 1, "");
  EXPECT_TRUE(check_link(spec).ok());
  spec.hostname = "algo-3";
  EXPECT_FALSE(check_link(spec).ok());
  spec = host_of("job", 1, "");
  spec.link.hosts.push_back("algo-1");
  EXPECT_FALSE(check_link(spec).ok());
  spec = host_of("../job", 1, "");
  EXPECT_FALSE(check_link(spec).ok());
  spec = host_of("job", 1, "", most_hosts + 1);
  EXPECT_FALSE(check_link(spec).ok());
  spec = host_of("job", 1, "");
  spec.link.hosts[1] = "a\n127.0.0.1 b";
  EXPECT_FALSE(check_link(spec).ok());
  spec = host_of("job", 1, "");
  spec.host_network = true;
  EXPECT_FALSE(check_link(spec).ok());
}

TEST(Link, addresses_follow_from_the_place_and_peers_are_not_asked_through_a_proxy) {
  EXPECT_EQ(host_address(0), "10.32.0.1");
  EXPECT_EQ(host_address(254), "10.32.0.255");
  EXPECT_EQ(host_address(most_hosts - 1), "10.32.3.232");
  const WorkerSpec spec = host_of("job", 2, "");
  EXPECT_EQ(own_address(spec), "10.32.0.2");
  EXPECT_EQ(hosts_file(spec), "127.0.0.1 localhost\n::1 localhost\n10.32.0.1 algo-1\n10.32.0.2 algo-2\n");
  std::map<std::string, std::string> environment{{"NO_PROXY", "localhost"}, {"no_proxy", ""}};
  keep_from_proxy(spec.link, environment);
  EXPECT_EQ(environment["NO_PROXY"], "localhost,algo-1,10.32.0.1,algo-2,10.32.0.2");
  EXPECT_EQ(environment["no_proxy"], "algo-1,10.32.0.1,algo-2,10.32.0.2");
}

}  // namespace
}  // namespace clary::workers
