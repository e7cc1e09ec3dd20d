// Scripts that misbehave, as root and as an ordinary user: each is held, and what became of it is told.
#include <arpa/inet.h>
#include <fstream>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <thread>

#include "workers/cgroups.hpp"
#include "workers/test_host.hpp"
#include "workers/worker_folder.hpp"

namespace clary::workers {
namespace {

using namespace std::chrono_literals;

class Faults : public testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(As, Faults, testing::Values(Mode::root, Mode::user),
                         [](const auto& info) { return info.param == Mode::root ? "root" : "user"; });

WorkerSpec python(const std::string& id, const std::string& script) {
  WorkerSpec spec;
  spec.id = id;
  spec.command = {"/usr/bin/python3", "-c", script};
  return spec;
}

void wait_for_line(const std::shared_ptr<Worker>& worker, const std::string& line) {
  const auto end = std::chrono::steady_clock::now() + 15s;
  while (output_of(worker).find(line + "\n") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << output_of(worker);
    std::this_thread::sleep_for(2ms);
  }
}

TEST_P(Faults, a_daemon_of_every_make_ends_with_its_worker) {
  run_as(GetParam(), [] {
    Host host;
    const std::string marker = "81" + std::to_string(random_below(1000000));
    EXPECT_EQ(run(host, python("daemon", R"(
import os, signal, sys
r, w = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
        os.chdir("/")
        os.write(w, b"up")
        os.execv("/bin/sleep", ["daemon", ")" +
                                             marker + R"("])
    os._exit(0)
os.read(r, 2)
print("done"))")),
              "done\n");
    EXPECT_FALSE(any_process_says(marker));
  });
}

TEST_P(Faults, a_port_that_it_opens_is_seen_by_nobody_outside) {
  run_as(GetParam(), [] {
    Host host;
    auto worker = host.start(python("open", R"(
import socket, time
for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    s = socket.socket(family)
    if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((address, 45678)); s.listen()
    globals()[address] = s
print("open", flush=True)
time.sleep(1000))"));
    wait_for_line(worker, "open");
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(45678);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_NE(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    close(client);
    EXPECT_NE(run(host, Host::shell("other", "(exec 3<>/dev/tcp/127.0.0.1/45678) 2>/dev/null || echo refused"))
                  .find("refused"),
              std::string::npos);
  });
}

TEST_P(Faults, nothing_of_others_stands_in_its_proc) {
  run_as(GetParam(), [] {
    Host host;
    const std::string marker = "82" + std::to_string(random_below(1000000));
    WorkerSpec other = Host::shell("other", "echo up; exec sleep " + marker);
    other.environment = {{"SECRET", marker}};
    wait_for_line(host.start(other), "up");
    WorkerSpec spy = python("spy", R"(
import os, sys
marker = sys.argv[1][::-1].encode()
pids = [name for name in os.listdir("/proc") if name.isdigit()]
for pid in [str(n) for n in range(1, 40000)]:
    for name in ("cmdline", "environ", "maps", "mem", "fd", "cwd", "root"):
        path = "/proc/%s/%s" % (pid, name)
        if pid not in pids and os.path.lexists(path): print("saw", path)
        try:
            if pid != str(os.getpid()) and marker in open(path, "rb").read(100000): print("read", path)
        except OSError:
            pass
        if pid not in pids: break
print(len(pids) <= 3))");
    spy.command.push_back({marker.rbegin(), marker.rend()});
    EXPECT_EQ(run(host, spy), "True\n");
  });
}

TEST_P(Faults, memory_taken_in_no_time_is_noticed_and_named) {
  run_as(GetParam(), [] {
    Host host;
    WorkerSpec greedy = python("greedy",
                               "import mmap, time\nm = mmap.mmap(-1, 1 << 30)\nprint('begins', flush=True)\n"
                               "m.write(b'x' * (1 << 30))\nprint('has it', flush=True)\ntime.sleep(1000)");
    greedy.limits.memory = 200 << 20;
    auto worker = host.start(greedy);
    wait_for_line(worker, "begins");
    const auto begun = std::chrono::steady_clock::now();
    const auto exit = wait_for(worker);
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->kind, Exit::Kind::out_of_memory);
    // A look that took half a second has the next one wait for ten.
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 12s);
    EXPECT_NE(output_of(worker).find("its limit is 200 MiB"), std::string::npos) << output_of(worker);
  });
}

TEST_P(Faults, a_host_that_runs_out_of_memory_loses_the_job_first) {
  run_as(GetParam(), [] {
    Host host;
    EXPECT_EQ(run(host, Host::shell("offered", "cat /proc/self/oom_score_adj")), "500\n");
  });
}

// Where this process may make cgroups with controllers: a service of systemd with Delegate=yes, a container of its own.
TEST_P(Faults, the_kernel_holds_limits_where_the_host_gives_cgroups) {
  run_as(GetParam(), [] {
    const auto cgroups = open_cgroups(own_cgroup(), getpid());
    if (!cgroups) GTEST_SKIP() << cgroups.error().detail;
    Host host;
    WorkerSpec greedy =
        python("greedy", "import os, time\nif os.fork() == 0:\n  a = b'x' * (400 << 20)\ntime.sleep(1000)");
    greedy.limits.memory = 200 << 20;
    auto worker = host.start(greedy);
    EXPECT_TRUE(io::exists(*cgroups + "/worker-" + mark_of(host.options.folder) + "-greedy"));
    EXPECT_EQ(wait_for(worker)->kind, Exit::Kind::out_of_memory);
    EXPECT_EQ(output_of(worker), "clary: killed: it used more memory than its limit of 200 MiB\n");
    WorkerSpec busy = python("busy", "import time\nend = time.time() + 2\nwhile time.time() < end: pass");
    busy.limits.cpus = 0.25;
    auto half = host.start(busy);
    ASSERT_TRUE(wait_for(half).has_value());
    EXPECT_LT(half->usage().cpu_seconds, 1.0);
    EXPECT_GT(half->usage().cpu_seconds, 0.2);
    for (const char* id : {"greedy", "busy"}) {
      host.launcher->remove(id);
      EXPECT_FALSE(io::exists(*cgroups + "/worker-" + mark_of(host.options.folder) + "-" + id));
    }
  });
}

TEST_P(Faults, descriptors_are_bounded_and_the_bound_cannot_be_raised) {
  run_as(GetParam(), [] {
    Host host;
    const std::string out = run(host, python("bomb", R"(
import os, resource
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
try:
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))
    print("raised")
except (ValueError, OSError):
    pass
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
count = 0
try:
    while True:
        os.open("/dev/null", os.O_RDONLY)
        count += 1
except OSError as error:
    print(error.errno, count <= 65536))"));
    EXPECT_EQ(out, "24 True\n");
  });
}

TEST_P(Faults, what_hangs_after_sigterm_is_killed_when_its_grace_is_over) {
  run_as(GetParam(), [] {
    Host host;
    auto worker = host.start(python("deaf", R"(
import os, signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
if os.fork() == 0: os.setsid()
print("up", flush=True)
while True: time.sleep(1))"));
    wait_for_line(worker, "up");
    const auto before = std::chrono::steady_clock::now();
    worker->stop(300ms);
    const auto exit = wait_for(worker);
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->signal, SIGKILL);
    EXPECT_GE(std::chrono::steady_clock::now() - before, 300ms);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  });
}

TEST_P(Faults, of_a_server_that_dies_while_a_sandbox_is_made_nothing_is_left) {
  run_as(GetParam(), [] {
    Host host;
    host.launcher.reset();  // with its threads: the server is forked
    const std::string opened = host.root + "/opened", begun = host.root + "/begun", go = host.root + "/go";
    host.options.bwrap = host.root + "/waiting-bwrap";
    std::ofstream(host.options.bwrap) << fmt::format(
        "#!/bin/sh\n: >{}\nwhile [ ! -e {} ]; do sleep 0.01; done\nexec bwrap \"$@\"\n", begun, go);
    chmod(host.options.bwrap.c_str(), 0755);
    std::ofstream{go};
    fflush(nullptr);
    const pid_t server = fork();
    if (server == 0) {
      host.reopen();
      fs::remove(go);
      fs::remove(begun);  // by the check of the sandbox
      std::ofstream{opened};
      (void)host.launcher->start(Host::shell("cut-off", "exec sleep 1000"));
      _exit(0);
    }
    const auto end = std::chrono::steady_clock::now() + 15s;
    while (!(fs::exists(opened) && fs::exists(begun)) && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(2ms);
    EXPECT_TRUE(fs::exists(begun));
    kill(server, SIGKILL);
    waitpid(server, nullptr, 0);
    std::ofstream{go};
    // One look can miss a process that just then forks or becomes another program.
    constexpr int enough = 50;
    int looks = 0;
    while (looks < enough && std::chrono::steady_clock::now() < end) {
      looks = any_process_says(host.root) ? 0 : looks + 1;
      std::this_thread::sleep_for(2ms);
    }
    EXPECT_EQ(looks, enough) << "something still runs";
  });
}

}  // namespace
}  // namespace clary::workers
