#include "io/process.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clary::io {
namespace {

using namespace std::chrono_literals;

Command shell(const std::string& script) {
  Command command;
  command.arguments = {"/bin/sh", "-c", script};
  command.environment = {"PATH=/usr/bin:/bin"};
  return command;
}

TEST(Process, run_gives_output_and_code) {
  auto finished = run(shell("echo out; echo err >&2; exit 3"), 5s);
  ASSERT_TRUE(finished.ok());
  EXPECT_EQ(finished->code, 3);
  EXPECT_EQ(finished->output, "out\nerr\n");
  EXPECT_EQ(run(shell("kill -9 $$"), 5s)->code, -1);
}

TEST(Process, run_ends_at_its_deadline_and_does_not_wait_for_what_was_left_behind) {
  auto late = run(shell("exec sleep 100"), 50ms);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().kind, ErrorKind::timed_out);
  const auto before = std::chrono::steady_clock::now();
  auto left = run(shell("sleep 30 & echo done"), 20s);
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(left->output, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
}

TEST(Process, at_its_deadline_a_session_of_its_own_ends_with_it) {
  Command command = shell("sleep 100 & echo $!; wait");
  command.new_session = true;
  std::string told;
  auto late = run(command, 2s, {{}, [&](std::string_view text) { told += text; }});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().kind, ErrorKind::timed_out);
  const pid_t left = std::atoi(told.c_str());
  ASSERT_GT(left, 0);
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (identify(left) && std::chrono::steady_clock::now() < end) usleep(1000);
  EXPECT_FALSE(identify(left).has_value());
}

TEST(Process, run_ends_when_it_is_given_up) {
  for (const char* script : {"exec sleep 100", "exec sleep 100 >/dev/null 2>&1", "exec yes"}) {
    const auto before = std::chrono::steady_clock::now();
    const auto given_up = [before] { return std::chrono::steady_clock::now() - before > 100ms; };
    auto finished = run(shell(script), 60s, {given_up, {}});
    ASSERT_FALSE(finished.ok());
    EXPECT_NE(finished.error().message.find("given up"), std::string::npos) << finished.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  }
}

TEST(Process, what_writes_without_end_is_ended_too) {
  auto late = run(shell("exec yes"), 100ms);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().kind, ErrorKind::timed_out);
}

TEST(Process, an_absent_program_is_an_error) {
  Command command;
  command.arguments = {"/no/such/program"};
  auto pid = spawn(command);
  ASSERT_FALSE(pid.ok());
  EXPECT_EQ(pid.error().kind, ErrorKind::not_found);
}

TEST(Process, a_child_gets_the_given_descriptors_and_no_other) {
  File other = File::open("/dev/null", O_RDONLY).value();
  fcntl(other.fd(), F_SETFD, 0);
  auto finished = run(shell("ls /proc/self/fd | tr '\\n' ' '"), 5s);
  ASSERT_TRUE(finished.ok());
  EXPECT_EQ(finished->output, "0 1 2 3 ");  // 3 is ls's own
}

TEST(Process, a_child_gets_no_blocked_or_ignored_signals) {
  sigset_t some, before;
  sigemptyset(&some);
  sigaddset(&some, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &some, &before);
  auto handler = signal(SIGPIPE, SIG_IGN);
  auto finished = run(shell("grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\t\\n'"), 5s);
  signal(SIGPIPE, handler);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  const std::size_t ignored = finished->output.size() - 16;
  EXPECT_EQ(finished->output.substr(0, ignored), "SigBlk:0000000000000000SigIgn:");
  // Whoever started the tests may have left the two signals ignored that the C library keeps to itself (32 and 33).
  EXPECT_EQ(std::stoull(finished->output.substr(ignored), nullptr, 16) & 0x7fffffff, 0u);
}

TEST(Process, is_known_again_by_pid_and_start_time) {
  const pid_t pid = spawn(shell("exec sleep 100")).value();
  auto id = identify(pid);
  ASSERT_TRUE(id.has_value());
  EXPECT_GT(id->start_time, 0u);
  auto process = open_process(*id);
  ASSERT_TRUE(process.ok());
  EXPECT_FALSE(wait_for_end(*process, 1ms));
  ProcessId other = *id;
  ++other.start_time;
  EXPECT_FALSE(open_process(other).ok());
  send_signal(*process, SIGKILL);
  EXPECT_TRUE(wait_for_end(*process, 5s));
  EXPECT_FALSE(identify(pid).has_value());  // not reaped yet, but ended
  EXPECT_FALSE(open_process(*id).ok());
  waitpid(pid, nullptr, 0);
}

TEST(Process, programs_are_found_on_the_path) {
  EXPECT_TRUE(find_program("sh").has_value());
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  EXPECT_FALSE(find_program("no-such-program-anywhere").has_value());
  EXPECT_FALSE(find_program("/etc/passwd").has_value());
}

}  // namespace
}  // namespace clary::io
