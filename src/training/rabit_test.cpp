// The tracker's protocol, spoken by workers of the test's own.
#include <algorithm>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "training/rabit_greeting.hpp"
#include "training/rabit_links.hpp"
#include "training/rabit_tracker.hpp"
#include "training/roll_call.hpp"
#include "training/socket.hpp"

namespace clary::training {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST(RabitLinks, TwoWorkers) {
  const auto links = rabit_links(2);
  EXPECT_THAT(links[0].neighbours, ElementsAre(1));
  EXPECT_EQ(links[0].parent, -1);
  EXPECT_EQ(links[1].parent, 0);
  EXPECT_EQ(links[0].next, 1);
  EXPECT_EQ(links[1].next, 0);
}

TEST(RabitLinks, AreATreeAndARing) {
  for (int workers : {1, 2, 3, 5, 8, 13, 100}) {
    const auto links = rabit_links(workers);
    ASSERT_EQ(links.size(), static_cast<std::size_t>(workers));
    for (int rank = 0; rank < workers; ++rank) {
      const RabitLinks& of = links[static_cast<std::size_t>(rank)];
      EXPECT_EQ(of.next, (rank + 1) % workers);
      EXPECT_EQ(of.previous, (rank + workers - 1) % workers);
      for (const int neighbour : of.neighbours) {
        const auto& back = links[static_cast<std::size_t>(neighbour)].neighbours;
        EXPECT_EQ(std::count(back.begin(), back.end(), rank), 1);
      }
      // Every one reaches the root.
      int at = rank, steps = 0;
      while (links[static_cast<std::size_t>(at)].parent >= 0 && steps <= workers) {
        at = links[static_cast<std::size_t>(at)].parent;
        ++steps;
      }
      EXPECT_EQ(at, 0);
      EXPECT_LE(steps, 8);
    }
  }
  EXPECT_TRUE(rabit_links(0).empty());
}

Socket::Deadline soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(60);
}

// Less than a guest may take for its greeting.
void expect_at_once(std::chrono::steady_clock::time_point begun) {
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
  EXPECT_LT(taken.count(), 5);
}

TEST(Sockets, WaitUntilTheDeadlineForAllOfIt) {
  const auto door = *Socket::listen(0);
  const auto speaker = *Socket::connect("127.0.0.1", *door.port(), soon());
  Arrivals arrivals(door);
  ASSERT_TRUE(speaker.send("half"));
  const auto guest = *arrivals.next(soon());
  EXPECT_EQ(guest.address, "127.0.0.1");
  const auto line = guest.socket.receive_line(100, std::chrono::steady_clock::now() + std::chrono::milliseconds(50));
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, ErrorKind::timed_out);
}

TEST(Arrivals, ComeInTheOrderInWhichTheySpeak) {
  const auto door = *Socket::listen(0);
  const int port = *door.port();
  const auto mute = *Socket::connect("127.0.0.1", port, soon());
  const auto second = *Socket::connect("127.0.0.1", port, soon());
  Arrivals arrivals(door);
  ASSERT_TRUE(second.send("two\n"));
  EXPECT_EQ(*(*arrivals.next(soon())).socket.receive_line(10, soon()), "two");
  ASSERT_TRUE(mute.send("one\n"));
  EXPECT_EQ(*(*arrivals.next(soon())).socket.receive_line(10, soon()), "one");
  EXPECT_EQ(arrivals.next(std::chrono::steady_clock::now()).error().kind, ErrorKind::timed_out);
}

struct Told {
  int rank = -2, parent = -2, workers = -2;
  std::set<int> neighbours;
  int previous = -2, next = -2;
  std::vector<std::pair<int, int>> connect_to;  // port, rank
  int others = 0;                               // that will connect to it
};

// A worker that has said `task`, and is to be told its place.
Socket greet(int tracker, const std::string& task) {
  auto socket = *Socket::connect("127.0.0.1", tracker, soon());
  const ReadBytes read = [&](char* bytes, std::size_t size) { return socket.receive(bytes, size); };
  (void)socket.send(rabit_number(rabit_magic));
  EXPECT_EQ(*read_rabit_number(read), rabit_magic);
  (void)socket.send(rabit_number(-1) + rabit_number(-1) + rabit_text(task) + rabit_text("start"));
  return socket;
}

// And which then waits at `port`.
Told start_worker(int tracker, const std::string& task, int port) {
  const auto socket = greet(tracker, task);
  const ReadBytes read = [&](char* bytes, std::size_t size) { return socket.receive(bytes, size); };
  const auto number = [&] { return *read_rabit_number(read); };
  Told told;
  told.rank = number();
  told.parent = number();
  told.workers = number();
  for (int left = number(); left > 0; --left) told.neighbours.insert(number());
  told.previous = number();
  told.next = number();
  (void)socket.send(rabit_number(0));
  const int connect = number();
  told.others = number();
  for (int i = 0; i < connect; ++i) {
    EXPECT_EQ(*read_rabit_text(read), "127.0.0.1");
    const int at = number();
    told.connect_to.emplace_back(at, number());
  }
  (void)socket.send(rabit_number(0) + rabit_number(port));
  return told;
}

void say_goodbye(int tracker, int rank) {
  const auto socket = *Socket::connect("127.0.0.1", tracker, soon());
  (void)socket.send(rabit_number(rabit_magic));
  char magic[4];
  (void)socket.receive(magic, sizeof magic);
  (void)socket.send(rabit_number(rank) + rabit_number(-1) + rabit_text("NULL") + rabit_text("shutdown"));
}

TEST(RabitTracker, GivesRanksByTaskAndTellsWhomToConnectTo) {
  constexpr int workers = 3;
  const auto tracker = *RabitTracker::start(workers);
  std::vector<std::future<Told>> told(workers);
  for (int i = workers; i-- > 0;) {  // the last one first
    told[static_cast<std::size_t>(i)] =
        std::async(std::launch::async, start_worker, tracker->port(), "00000" + std::to_string(i), 7000 + i);
  }
  std::set<std::pair<int, int>> connections, wanted;
  int awaited = 0, made = 0;
  const auto links = rabit_links(workers);
  for (int i = 0; i < workers; ++i) {
    const Told of = told[static_cast<std::size_t>(i)].get();
    EXPECT_EQ(of.rank, i);
    EXPECT_EQ(of.workers, workers);
    EXPECT_EQ(of.parent, links[static_cast<std::size_t>(i)].parent);
    EXPECT_THAT(of.neighbours, testing::UnorderedElementsAreArray(links[static_cast<std::size_t>(i)].neighbours));
    std::set<int> all = of.neighbours;
    all.insert({of.previous, of.next});
    for (const int other : all) wanted.insert({std::min(i, other), std::max(i, other)});
    for (const auto& [port, rank] : of.connect_to) {
      EXPECT_EQ(port, 7000 + rank);
      connections.insert({std::min(i, rank), std::max(i, rank)});
      ++made;
    }
    awaited += of.others;
  }
  EXPECT_EQ(connections, wanted);  // each pair of neighbours meets, once
  EXPECT_EQ(made, awaited);
  for (int rank = 0; rank < workers; ++rank) say_goodbye(tracker->port(), rank);
}

TEST(RabitTracker, WhoIsNoWorkerDisturbsNobody) {
  auto tracker = *RabitTracker::start(1);
  (void)Socket::connect("127.0.0.1", tracker->port(), soon())->send("GET / HTTP/1.1\r\n\r\n");
  (void)Socket::connect("127.0.0.1", tracker->port(), soon())->send(rabit_number(rabit_magic) + rabit_number(-1));
  const Told alone = start_worker(tracker->port(), "NULL", 7000);
  EXPECT_EQ(alone.rank, 0);
  EXPECT_EQ(alone.next, -1);
  say_goodbye(tracker->port(), 0);
}

TEST(RabitTracker, WhoSaysNothingKeepsNobodyWaiting) {
  const auto tracker = *RabitTracker::start(2);
  const auto mute = *Socket::connect("127.0.0.1", tracker->port(), soon());
  const auto begun = std::chrono::steady_clock::now();
  auto first = std::async(std::launch::async, start_worker, tracker->port(), "0", 7000);
  const Told second = start_worker(tracker->port(), "1", 7001);
  EXPECT_EQ(second.rank, 1);
  EXPECT_EQ(first.get().rank, 0);
  for (const int rank : {0, 1}) say_goodbye(tracker->port(), rank);
  expect_at_once(begun);
}

TEST(RabitTracker, OfAWorkerThatIsLostTheOthersHear) {
  const auto tracker = *RabitTracker::start(2, std::chrono::milliseconds(1));
  { const auto lost = greet(tracker->port(), "0"); }
  const auto begun = std::chrono::steady_clock::now();
  const auto left = greet(tracker->port(), "1");
  char byte = 0;
  EXPECT_FALSE(left.receive(&byte, 1, soon()));
  expect_at_once(begun);
}

TEST(RabitTracker, ItsEndWaitsForNobodyForLong) {
  auto tracker = *RabitTracker::start(1, std::chrono::milliseconds(1));
  const auto stuck = greet(tracker->port(), "0");
  char place[4];
  ASSERT_TRUE(stuck.receive(place, sizeof place, soon()));  // from now on it is waited for
  const auto begun = std::chrono::steady_clock::now();
  tracker.reset();
  expect_at_once(begun);
}

Outcome<RabitGreeting> greeting_in(std::string bytes) {
  const ReadBytes read = [&](char* to, std::size_t size) -> Outcome<void> {
    if (bytes.size() < size) return internal("no more");
    bytes.copy(to, size);
    bytes.erase(0, size);
    return {};
  };
  return read_rabit_greeting(read, [](std::string_view) { return Outcome<void>(); });
}

TEST(RabitGreeting, IsReadWholeOrNotAtAll) {
  const std::string head = rabit_number(rabit_magic) + rabit_number(2) + rabit_number(-1) + rabit_text("job");
  const auto read = greeting_in(head + rabit_text("recover"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->rank, 2);
  EXPECT_EQ(read->task, "job");
  EXPECT_EQ(read->command, RabitGreeting::Command::recover);
  EXPECT_FALSE(greeting_in(head + rabit_text("dance")));
  EXPECT_FALSE(greeting_in(head));
  EXPECT_FALSE(greeting_in(rabit_number(1) + rabit_number(2)));
  EXPECT_FALSE(greeting_in(head.substr(0, 12) + rabit_number(-5)));
  EXPECT_FALSE(greeting_in(head.substr(0, 12) + rabit_number(1 << 30) + std::string(100, 'x')));
}

TEST(RollCall, WhoSaysNothingKeepsNobodyWaiting) {
  const auto door = *Socket::listen(0);
  const int port = *door.port();
  const auto mute = *Socket::connect("127.0.0.1", port, soon());
  const auto begun = std::chrono::steady_clock::now();
  auto second = std::async(std::launch::async, [&] { return answer_roll("127.0.0.1", port, "algo-2", false); });
  auto third = std::async(std::launch::async, [&] { return answer_roll("127.0.0.1", port, "algo-3", true); });
  const auto roll = call_roll(door, {"algo-1", "algo-2", "algo-3"}, true, [](int) -> Outcome<xgboost::TrackerPlace> {
    return xgboost::TrackerPlace{"10.0.0.1", 9099};
  });
  ASSERT_TRUE(roll);
  EXPECT_THAT(roll->present, ElementsAre("algo-1", "algo-3"));
  for (auto* host : {&second, &third}) {
    const auto heard = host->get();
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->present, roll->present);
    EXPECT_EQ(heard->tracker.port, 9099);
  }
  expect_at_once(begun);
}

TEST(RollCall, ComesBackWhole) {
  const RollCall roll{.present = {"algo-1", "algo-3"}, .tracker = {"10.0.0.1", 9099}};
  const auto back = parse_roll(roll_text(roll));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->present, roll.present);
  EXPECT_EQ(back->tracker.host, "10.0.0.1");
  EXPECT_EQ(back->tracker.port, 9099);
  EXPECT_FALSE(parse_roll("{}"));
  EXPECT_FALSE(parse_roll("[1"));
}

}  // namespace
}  // namespace clary::training
