#include "workers/process_launcher.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <mutex>
#include <regex>
#include <signal.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/rng.hpp"
#include "io/process.hpp"
#include "workers/test_host.hpp"
#include "workers/worker_folder.hpp"

namespace clary::workers {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Sandbox : public testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(As, Sandbox, testing::Values(Mode::root, Mode::user),
                         [](const auto& info) { return info.param == Mode::root ? "root" : "user"; });

TEST_P(Sandbox, runs_a_command_and_tells_how_it_ended) {
  run_as(GetParam(), [] {
    Host host;
    Exit exit;
    EXPECT_EQ(run(host, Host::shell("hello", "echo hello; echo problem >&2"), &exit), "hello\nproblem\n");
    EXPECT_TRUE(exit.success());
    run(host, Host::shell("seven", "exit 7"), &exit);
    EXPECT_EQ(exit.kind, Exit::Kind::exited);
    EXPECT_EQ(exit.code, 7);
    run(host, Host::shell("signal", "kill -SEGV $$"), &exit);
    EXPECT_EQ(exit.kind, Exit::Kind::signalled);
    EXPECT_EQ(exit.signal, SIGSEGV);
    WorkerSpec absent;
    absent.id = "absent";
    absent.command = {"/no/such/program"};
    EXPECT_EQ(run(host, absent, &exit), "clary-init: cannot run /no/such/program: No such file or directory\n");
    EXPECT_EQ(exit.code, 127);
  });
}

TEST_P(Sandbox, shows_nothing_of_the_host) {
  run_as(GetParam(), [] {
    Host host;
    std::ofstream(host.root + "/secret") << "key";
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(listener, 8), 0);
    socklen_t size = sizeof address;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    WorkerSpec spec = Host::shell("look", fmt::format(R"(
      echo uid $(id -u)
      cat {0}/secret 2>/dev/null; ls {0} 2>/dev/null
      ls -d /root /work /data /home/* /var/lib /etc/shadow /etc/hostname 2>/dev/null
      (exec 3<>/dev/tcp/127.0.0.1/{1}) 2>/dev/null && echo reached the host
      [ $(ls -d /proc/[0-9]* | wc -l) -lt 9 ] && echo few processes
      grep -E '^(Cap(Eff|Prm|Inh|Bnd|Amb)|NoNewPrivs)' /proc/self/status | tr -d '\t' | tr '\n' ' '; echo
      echo x 2>/dev/null > /proc/sys/kernel/core_uses_pid && echo wrote a kernel setting
      touch /x /usr/x /etc/x 2>/dev/null && echo wrote the root
      ls /proc/1/fd /proc/1/root/ 2>/dev/null; cat /proc/1/environ 2>/dev/null
      kill -9 1; kill -STOP 1
      hostname; ls /proc/self/fd | tr '\n' ' '; echo; tty; env | grep -v SHLVL | sort | tr '\n' ' '
    )",
                                                      host.root, ntohs(address.sin_port)));
    spec.hostname = "algo-1";
    spec.environment = {{"A", "b c"}, {"LD_PRELOAD", "/no/such/library.so"}};
    const std::string expected_uid = std::to_string(host.launcher->uid_of("look").value());
    std::string out = run(host, spec);
    close(listener);
    // The dynamic loader tells of the absent library; that bubblewrap, which root runs, did not hear of it is what
    // counts.
    out = std::regex_replace(out, std::regex("ERROR: ld.so[^\n]*\n"), "");
    EXPECT_NE(expected_uid, "0");
    EXPECT_EQ(out,
              "uid " + expected_uid + "\n/etc/hostname\n/home/worker\nfew processes\n" +
                  "CapInh:0000000000000000 CapPrm:0000000000000000 CapEff:0000000000000000 CapBnd:0000000000000000 "
                  "CapAmb:0000000000000000 NoNewPrivs:1 \n"
                  "algo-1\n0 1 2 3 \nnot a tty\n"
                  "A=b c HOME=/home/worker LANG=C.UTF-8 LD_PRELOAD=/no/such/library.so LOGNAME=worker "
                  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PWD=/ TMPDIR=/tmp "
                  "USER=worker _=/usr/bin/env ");
  });
}

TEST_P(Sandbox, mounts_are_as_the_spec_says) {
  run_as(GetParam(), [] {
    Host host;
    const unsigned uid = host.launcher->uid_of("mounts").value();
    fs::create_directories(host.root + "/model");
    fs::create_directories(host.root + "/code");
    std::ofstream(host.root + "/code/train.py") << "code\n";
    chmod((host.root + "/code").c_str(), 0755);
    WorkerSpec spec =
        Host::shell("mounts",
                    "pwd; cat train.py; touch x 2>/dev/null && echo wrote the code; echo m > /opt/ml/model/m; "
                    "touch /opt/ml/here /tmp/here /dev/shm/here ~/here; whoami; getent hosts algo-1");
    spec.hostname = "algo-1";
    spec.working_directory = "/opt/ml/code";
    spec.mounts = {{host.root + "/model", "/opt/ml/model", true}, {host.root + "/code", "/opt/ml/code", false}};
    EXPECT_EQ(run(host, spec), "/opt/ml/code\ncode\nworker\n127.0.0.1       algo-1\n");
    EXPECT_EQ(io::read_file(host.root + "/model/m").value(), "m\n");
    struct stat info {};
    ASSERT_EQ(stat((host.root + "/model/m").c_str(), &info), 0);
    EXPECT_EQ(info.st_uid, uid);
    EXPECT_TRUE(io::exists(host.root + "/workers/mounts/ml/here"));
  });
}

TEST_P(Sandbox, what_cannot_start_says_why_and_leaves_nothing) {
  run_as(GetParam(), [] {
    Host host;
    WorkerSpec spec = Host::shell("bad", "true");
    spec.mounts = {{"/no/such/folder", "/x", false}};
    auto worker = host.launcher->start(spec);
    ASSERT_FALSE(worker.ok());
    EXPECT_NE(worker.error().detail.find("/no/such/folder"), std::string::npos);
    // A mount that bubblewrap refuses: its target stands on a read-only folder of the host.
    spec.mounts = {{host.root, "/usr/no-such-place", false}};
    worker = host.launcher->start(spec);
    ASSERT_FALSE(worker.ok());
    EXPECT_NE(worker.error().detail.find("bwrap:"), std::string::npos) << worker.error().detail;
    spec.mounts.clear();
    EXPECT_EQ(run(host, spec), "");
    auto again = host.launcher->start(spec);
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().kind, ErrorKind::already_exists);
    for (const char* id : {"", "..", "a/b", "a b"}) {
      spec.id = id;
      EXPECT_FALSE(host.launcher->start(spec).ok()) << id;
    }
    EXPECT_FALSE(host.launcher->attach("never").ok());
    EXPECT_EQ(host.launcher->attach("never").error().kind, ErrorKind::not_found);
  });
}

TEST_P(Sandbox, stop_is_sigterm_then_sigkill_and_takes_all_along) {
  run_as(GetParam(), [] {
    Host host;
    const std::string marker = "77" + std::to_string(random_below(1000000));
    auto polite = host.start(Host::shell("polite", "trap 'echo bye; exit 5' TERM; echo up; sleep 1000 & wait"));
    auto stubborn = host.start(
        Host::shell("stubborn", "trap '' TERM; setsid sleep " + marker + " & echo up; while :; do sleep 0.05; done"));
    for (const auto& worker : {polite, stubborn}) {
      while (output_of(worker) != "up\n") std::this_thread::yield();
    }
    EXPECT_TRUE(any_process_says(marker));
    const auto before = std::chrono::steady_clock::now();
    polite->stop(10s);
    stubborn->stop(200ms);
    auto exit = wait_for(polite);
    EXPECT_EQ(exit->kind, Exit::Kind::exited);
    EXPECT_EQ(exit->code, 5);
    EXPECT_EQ(output_of(polite), "up\nbye\n");
    exit = wait_for(stubborn);
    EXPECT_EQ(exit->kind, Exit::Kind::signalled);
    EXPECT_EQ(exit->signal, SIGKILL);
    EXPECT_GE(std::chrono::steady_clock::now() - before, 200ms);
    EXPECT_FALSE(any_process_says(marker));
  });
}

TEST_P(Sandbox, daemons_end_with_the_first_process) {
  run_as(GetParam(), [] {
    Host host;
    const std::string marker = "78" + std::to_string(random_below(1000000));
    EXPECT_EQ(run(host, Host::shell("daemon", "(setsid sleep " + marker + " &) ; sleep 0.05; echo done")), "done\n");
    EXPECT_FALSE(any_process_says(marker));
  });
}

TEST_P(Sandbox, workers_outlive_the_launcher_and_are_found_again) {
  run_as(GetParam(), [] {
    Host host;
    // Each waits for a file that the test makes, so that nothing depends on time.
    const auto waiting = [](const std::string& id) {
      return Host::shell(id, "until [ -e /opt/ml/go ]; do sleep 0.02; done; exit 3");
    };
    for (const char* id : {"goes-on", "ends-meanwhile", "vanishes", "is-killed"}) ASSERT_TRUE(host.start(waiting(id)));
    const auto go = [&](const std::string& id) { std::ofstream(host.options.folder + "/" + id + "/ml/go") << ""; };
    auto record = [&](const std::string& id) { return WorkerFolder(host.options.folder + "/" + id).record().value(); };
    host.launcher.reset();
    io::File ended = io::open_process(record("ends-meanwhile").process).value();
    go("ends-meanwhile");
    EXPECT_TRUE(io::wait_for_end(ended, 5s));
    io::File vanished = io::open_process(record("vanishes").process).value();
    io::send_signal(vanished, SIGKILL);
    EXPECT_TRUE(io::wait_for_end(vanished, 5s));

    host.reopen();
    EXPECT_EQ(host.launcher->ids(), (std::vector<std::string>{"ends-meanwhile", "goes-on", "is-killed", "vanishes"}));
    auto exit = host.launcher->attach("ends-meanwhile").value()->exit();
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->code, 3);
    exit = host.launcher->attach("vanishes").value()->exit();
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->kind, Exit::Kind::lost);
    auto running = host.launcher->attach("goes-on").value();
    EXPECT_FALSE(running->exit().has_value());
    EXPECT_EQ(host.launcher->attach("goes-on").value(), running);
    go("goes-on");
    exit = wait_for(running);
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->code, 3);
    auto killed = host.launcher->attach("is-killed").value();
    killed->kill();
    exit = wait_for(killed);
    EXPECT_EQ(exit->signal, SIGKILL);
    host.reopen();
    EXPECT_EQ(host.launcher->attach("is-killed").value()->exit()->signal, SIGKILL);
  });
}

TEST_P(Sandbox, without_its_order_a_worker_does_nothing) {
  // As when the server dies between starting the process and putting it on record.
  io::Command command;
  command.arguments = {io::program_folder() + "/clary-init"};
  auto finished = io::run(command, 5s);
  ASSERT_TRUE(finished.ok());
  EXPECT_EQ(finished->code, 125);
}

TEST_P(Sandbox, remove_kills_and_clears_even_what_is_read_only) {
  run_as(GetParam(), [] {
    Host host;
    auto worker = host.start(Host::shell(
        "busy", "mkdir -p /opt/ml/a/b; touch /opt/ml/a/b/c; chmod 500 /opt/ml/a/b /opt/ml/a; echo up; sleep 1000"));
    while (output_of(worker) != "up\n") std::this_thread::yield();
    host.launcher->remove("busy");
    EXPECT_FALSE(io::exists(host.options.folder + "/busy"));
    ASSERT_TRUE(wait_for(worker).has_value());
    EXPECT_TRUE(host.launcher->ids().empty());
    host.launcher->remove("busy");
  });
}

TEST_P(Sandbox, limits_are_held) {
  run_as(GetParam(), [] {
    Host host;
    WorkerSpec memory =
        Host::shell("memory", "exec python3 -c 'a = bytearray(200 << 20); import time; time.sleep(100)'");
    memory.limits.memory = 100 << 20;
    WorkerSpec shared = Host::shell(
        "shared",
        "head -c 90M /dev/zero > /dev/shm/x; exec python3 -c 'a = bytearray(40 << 20); import time; time.sleep(100)'");
    shared.limits.memory = 100 << 20;
    WorkerSpec disk = Host::shell("disk", "head -c 60M /dev/zero > /tmp/x; sleep 100");
    disk.limits.disk = 20 << 20;
    WorkerSpec unnamed = Host::shell("unnamed", "exec 3> /tmp/x; rm /tmp/x; head -c 60M /dev/zero >&3; sleep 100");
    unnamed.limits.disk = 20 << 20;
    auto out_of_unnamed = host.start(unnamed);
    auto out_of_memory = host.start(memory), out_of_shared = host.start(shared), out_of_disk = host.start(disk);
    EXPECT_EQ(wait_for(out_of_memory)->kind, Exit::Kind::out_of_memory);
    EXPECT_GE(out_of_memory->usage().peak_memory, 100u << 20);
    EXPECT_NE(output_of(out_of_memory).find("of memory, its limit is 100 MiB"), std::string::npos)
        << output_of(out_of_memory);
    EXPECT_EQ(wait_for(out_of_shared)->kind, Exit::Kind::out_of_memory);
    EXPECT_EQ(wait_for(out_of_disk)->kind, Exit::Kind::out_of_disk);
    EXPECT_EQ(wait_for(out_of_unnamed)->kind, Exit::Kind::out_of_disk);
    host.reopen();
    EXPECT_EQ(host.launcher->attach("disk").value()->exit()->kind, Exit::Kind::out_of_disk);
  });
}

TEST_P(Sandbox, a_fork_bomb_is_bounded) {
  run_as(GetParam(), [] {
    Host host;
    WorkerSpec bomb = Host::shell(
        "bomb",
        "exec python3 -c '\nimport os, time\nn = 0\nwhile n < 500:\n  try:\n    if os.fork() == 0: time.sleep(100)\n"
        "  except BlockingIOError: break\n  n += 1\nprint(n)'");
    bomb.limits.processes = 40;
    const int count = std::atoi(run(host, bomb).c_str());
    EXPECT_GT(count, 20);
    EXPECT_LE(count, 40);
  });
}

TEST_P(Sandbox, a_share_of_the_cpus_is_what_the_worker_sees) {
  run_as(GetParam(), [] {
    if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "needs two CPUs";
    Host host;
    WorkerSpec spec =
        Host::shell("one", "exec python3 -c 'import os; print(os.cpu_count(), len(os.sched_getaffinity(0)))'");
    spec.limits.cpus = 1;
    EXPECT_EQ(run(host, spec), "1 1\n");
    EXPECT_GT(host.launcher->attach("one").value()->usage().cpu_seconds, 0);
    spec.id = "all";
    spec.limits.cpus = 1000;
    const unsigned all = std::thread::hardware_concurrency();
    EXPECT_EQ(run(host, spec), fmt::format("{} {}\n", all, all));
  });
}

TEST_P(Sandbox, a_worker_sees_the_gpus_that_it_was_given_and_no_others) {
  run_as(GetParam(), [] {
    Host host;
    host.options.devices = host.root + "/dev";
    fs::create_directories(host.options.devices);
    for (const char* name : {"nvidia0", "nvidia1", "nvidiactl"})
      std::ofstream(host.options.devices + "/" + name) << name << "\n";
    host.reopen();
    const auto asking = [](const std::string& id, unsigned gpus) {
      auto spec = Host::shell(
          id,
          "cat /dev/nvidia*; echo $CUDA_VISIBLE_DEVICES of $SM_NUM_GPUS; until [ -e /opt/ml/go ]; do sleep 0.02; done");
      spec.limits.gpus = gpus;
      return spec;
    };
    auto first = host.start(asking("first", 1)), second = host.start(asking("second", 1));
    auto none = host.start(asking("none", 0));
    for (const auto& worker : {first, second, none}) {
      std::ofstream(worker->folder() + "/ml/go") << "";
      ASSERT_TRUE(wait_for(worker).has_value());
    }
    EXPECT_EQ(output_of(first), "nvidia0\nnvidiactl\n0 of 1\n");
    EXPECT_EQ(output_of(second), "nvidia1\nnvidiactl\n0 of 1\n");
    EXPECT_EQ(output_of(none), "cat: '/dev/nvidia*': No such file or directory\nof 0\n");
    EXPECT_EQ(run(host, Host::shell("all", "echo $CUDA_VISIBLE_DEVICES")), "\n");
  });
}

// A folder plays the cgroup file system: the kernel's part, to kill and to say so, is the test's.
TEST_P(Sandbox, what_the_kernel_kills_in_its_cgroup_ran_out_of_memory) {
  run_as(GetParam(), [] {
    Host host;
    const std::string cgroups = host.root + "/cgroup",
                      cgroup = cgroups + "/worker-" + mark_of(host.options.folder) + "-greedy";
    fs::create_directories(cgroup);
    std::ofstream(cgroups + "/cgroup.controllers") << "memory\n";
    std::ofstream(cgroups + "/cgroup.subtree_control") << "memory\n";
    for (const auto* file : {"/cgroup.procs", "/memory.max", "/memory.swap.max", "/memory.oom.group"}) {
      std::ofstream(cgroups + file) << "";
      std::ofstream(cgroup + file) << "";
    }
    host.options.cgroup = cgroups;
    host.reopen();
    WorkerSpec spec = Host::shell("greedy", "echo up; sleep 1000");
    spec.limits.memory = 100 << 20;
    auto worker = host.start(spec);
    while (output_of(worker) != "up\n") std::this_thread::yield();
    const auto record = WorkerFolder(worker->folder()).record().value();
    EXPECT_EQ(io::read_file(cgroup + "/cgroup.procs").value(), std::to_string(record.process.pid));
    EXPECT_EQ(io::read_file(cgroup + "/memory.max").value(), "104857600");
    std::ofstream(cgroup + "/memory.events") << "oom_kill 2\n";
    kill(record.process.pid, SIGKILL);
    EXPECT_EQ(wait_for(worker)->kind, Exit::Kind::out_of_memory);
    EXPECT_EQ(output_of(worker), "up\nclary: killed: it used more memory than its limit of 100 MiB\n");
    worker.reset();
    host.reopen();
    EXPECT_EQ(host.launcher->attach("greedy").value()->exit()->kind, Exit::Kind::out_of_memory);
    fs::remove_all(cgroups);
  });
}

// The server's socket: answers each connection with what came, once the client has closed its half.
class EchoServer {
 public:
  explicit EchoServer(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    unlink(path.c_str());
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    chmod(path.c_str(), 0666);
    listen(fd_, 64);
    thread_ = std::thread([this] {
      for (int client; (client = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; close(client)) {
        std::string all;
        char buffer[65536];
        for (ssize_t got; (got = read(client, buffer, sizeof buffer)) > 0;)
          all.append(buffer, static_cast<std::size_t>(got));
        for (std::string_view left = all; !left.empty();) {
          const ssize_t sent = send(client, left.data(), left.size(), MSG_NOSIGNAL);
          if (sent <= 0) break;
          left.remove_prefix(static_cast<std::size_t>(sent));
        }
      }
    });
  }
  ~EchoServer() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }

 private:
  int fd_;
  std::thread thread_;
};

const char* const echo_client = R"(exec python3 -c '
import hashlib, os, socket
for size in (1, 5 << 20, 0):
    data = os.urandom(size)
    s = socket.create_connection(("127.0.0.1", 9080))
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    back = b""
    while True:
        part = s.recv(1 << 20)
        if not part: break
        back += part
    print(size, back == data)
')";

TEST_P(Sandbox, the_forwarder_reaches_the_server_and_a_new_server_too) {
  run_as(GetParam(), [] {
    Host host;
    auto server = std::make_unique<EchoServer>(host.options.socket);
    EXPECT_EQ(run(host, Host::shell("first", echo_client)), "1 True\n5242880 True\n0 True\n");
    auto later = host.start(
        Host::shell("later", std::string("echo up; until [ -e /opt/ml/go ]; do sleep 0.02; done; ") + echo_client));
    while (output_of(later) != "up\n") std::this_thread::yield();
    server.reset();
    server = std::make_unique<EchoServer>(host.options.socket);
    std::ofstream(host.options.folder + "/later/ml/go") << "";
    ASSERT_TRUE(wait_for(later).has_value());
    EXPECT_EQ(output_of(later), "up\n1 True\n5242880 True\n0 True\n");
    server.reset();
    // Nobody there: an error at once, not a hanging connection.
    EXPECT_EQ(run(host, Host::shell("none", "{ exec 3<>/dev/tcp/127.0.0.1/9080 && read -t 5 -u 3 x; } 2>/dev/null; echo $?")),
              "1\n");
  });
}

TEST_P(Sandbox, without_a_forwarder_nothing_is_reached) {
  run_as(GetParam(), [] {
    Host host;
    EchoServer server(host.options.socket);
    WorkerSpec spec =
        Host::shell("closed", "(exec 3<>/dev/tcp/127.0.0.1/9080) 2>/dev/null || echo refused; ls /run/clary");
    spec.forwarder = false;
    EXPECT_EQ(run(host, spec), "refused\nclary-init\n");
  });
}

TEST(SandboxOff, runs_on_the_bare_host_with_its_paths_put_in) {
  Host host(false);
  fs::create_directories(host.root + "/model");
  const std::string marker = "79" + std::to_string(random_below(1000000));
  WorkerSpec spec =
      Host::shell("bare", "echo $SM_MODEL_DIR; echo m > $SM_MODEL_DIR/m; cat /opt/ml/model/m; setsid sleep " + marker +
                              " & sleep 0.05; exit 4");
  spec.environment = {{"SM_MODEL_DIR", "/opt/ml/model"}};
  spec.mounts = {{host.root + "/model", "/opt/ml/model", true}};
  Exit exit;
  EXPECT_EQ(run(host, spec, &exit), host.root + "/model\nm\n");
  EXPECT_EQ(exit.code, 4);
  EXPECT_FALSE(any_process_says(marker));
  EXPECT_EQ(io::read_file(host.options.folder + "/bare/ml/model/m").value(), "m\n");
  auto running = host.start(Host::shell("killed", "setsid sleep " + marker + " & echo up; sleep 1000"));
  while (output_of(running) != "up\n") std::this_thread::yield();
  running->kill();
  EXPECT_EQ(wait_for(running)->signal, SIGKILL);
  EXPECT_FALSE(any_process_says(marker));
}

TEST(SandboxOff, too_many_processes_end_the_worker) {
  Host host(false);
  WorkerSpec spec = Host::shell("many", "for i in $(seq 40); do sleep 1000 & done; wait");
  spec.limits.processes = 20;
  Exit exit;
  EXPECT_EQ(run(host, spec, &exit), "clary: killed: it has more than its 20 processes\n");
  EXPECT_EQ(exit.signal, SIGKILL);
}

TEST_P(Sandbox, output_without_end_ends_the_worker) {
  run_as(GetParam(), [] {
    Host host;
    host.options.output_limit = 10 << 20;
    host.reopen();
    auto worker = host.start(Host::shell("chatty", "exec yes"));
    EXPECT_EQ(wait_for(worker)->kind, Exit::Kind::out_of_disk);
  });
}

TEST(SandboxCheck, names_what_is_missing_and_what_mends_it) {
  LauncherOptions options;
  options.bwrap = "/no/such/bwrap";
  auto lacks = sandbox_check(options);
  ASSERT_EQ(lacks.size(), 1u);
  EXPECT_EQ(lacks[0].mend, "apt-get install bubblewrap");
  options = {};
  options.init = "/no/such/init";
  ASSERT_EQ(sandbox_check(options).size(), 1u);
  options = {};
  // A program that fails as bubblewrap does where namespaces are forbidden.
  const std::string refusing = "/tmp/clary-bwrap-" + random_alphanumeric(8);
  std::ofstream(refusing)
      << "#!/bin/sh\necho 'bwrap: Creating new namespace failed: Operation not permitted' >&2\nexit 1\n";
  chmod(refusing.c_str(), 0755);
  options.bwrap = refusing;
  options.folder = "/tmp/clary-never";
  lacks = sandbox_check(options);
  ASSERT_EQ(lacks.size(), 1u);
  EXPECT_NE(lacks[0].what.find("Operation not permitted"), std::string::npos);
  auto launcher = open_process_launcher(options);
  ASSERT_FALSE(launcher.ok());
  EXPECT_NE(launcher.error().message.find("Operation not permitted"), std::string::npos);
  fs::remove(refusing);
  fs::remove("/tmp/clary-never");
}

TEST(Uids, no_two_live_workers_share_one_and_a_removed_ones_is_free_again) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root: an ordinary user has one uid";
  Host host;
  host.options.uids = 2;
  host.reopen();
  const unsigned a = host.launcher->uid_of("a").value(), b = host.launcher->uid_of("b").value();
  EXPECT_NE(a, b);
  EXPECT_GE(a, 200000u);
  EXPECT_EQ(host.launcher->uid_of("a").value(), a);
  EXPECT_FALSE(host.launcher->uid_of("c").ok());
  host.reopen();
  EXPECT_EQ(host.launcher->uid_of("b").value(), b);
  EXPECT_FALSE(host.launcher->uid_of("c").ok());
  host.launcher->remove("a");
  EXPECT_EQ(host.launcher->uid_of("c").value(), a);
}

}  // namespace
}  // namespace clary::workers
