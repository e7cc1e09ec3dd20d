#include "workers/slots.hpp"

#include <gtest/gtest.h>

namespace clary::workers {
namespace {

constexpr std::uint64_t gib = 1ULL << 30;

Share documented(const std::string& type) {
  auto share = share_of(type, {1e6, 1ULL << 60});
  EXPECT_TRUE(share.ok()) << type;
  return share ? *share : Share{};
}

TEST(InstanceTypes, have_what_aws_documents) {
  struct Row {
    const char* type;
    double cpus, gib;
  };
  for (const Row& row :
       {Row{"ml.m4.xlarge", 4, 16},       Row{"ml.m5.large", 2, 8},         Row{"ml.m5.24xlarge", 96, 384},
        Row{"ml.c4.xlarge", 4, 7.5},      Row{"ml.c4.8xlarge", 36, 60},     Row{"ml.c5.9xlarge", 36, 72},
        Row{"ml.c5n.18xlarge", 72, 192},  Row{"ml.r5.2xlarge", 8, 64},      Row{"ml.t2.medium", 2, 4},
        Row{"ml.t3.2xlarge", 8, 32},      Row{"ml.g4dn.xlarge", 4, 16},     Row{"ml.g5.48xlarge", 192, 768},
        Row{"ml.p2.xlarge", 4, 61},       Row{"ml.p3.2xlarge", 8, 61},      Row{"ml.p3dn.24xlarge", 96, 768},
        Row{"ml.p4d.24xlarge", 96, 1152}, Row{"ml.p5.48xlarge", 192, 2048}, Row{"ml.inf1.6xlarge", 24, 48},
        Row{"ml.inf2.xlarge", 4, 16},     Row{"ml.m7i.4xlarge", 16, 64},    Row{"ml.c7i.large", 2, 4},
        Row{"ml.trn1.32xlarge", 128, 512}}) {
    const Share share = documented(row.type);
    EXPECT_EQ(share.cpus, row.cpus) << row.type;
    EXPECT_EQ(share.memory, static_cast<std::uint64_t>(row.gib * gib)) << row.type;
  }
}

TEST(InstanceTypes, have_the_gpus_that_aws_documents_where_the_host_has_some) {
  struct Row {
    const char* type;
    unsigned gpus;
  };
  for (const Row& row : {Row{"ml.m5.24xlarge", 0},   Row{"ml.inf2.48xlarge", 0},    Row{"ml.trn1.32xlarge", 0},
                         Row{"ml.p2.xlarge", 1},     Row{"ml.p2.8xlarge", 8},       Row{"ml.p2.16xlarge", 16},
                         Row{"ml.p3.2xlarge", 1},    Row{"ml.p3.8xlarge", 4},       Row{"ml.p3.16xlarge", 8},
                         Row{"ml.p3dn.24xlarge", 8}, Row{"ml.p4d.24xlarge", 8},     Row{"ml.p5.4xlarge", 1},
                         Row{"ml.p5.48xlarge", 8},   Row{"ml.p6-b200.48xlarge", 8}, Row{"ml.p6e-gb200.36xlarge", 4},
                         Row{"ml.g4dn.xlarge", 1},   Row{"ml.g4dn.12xlarge", 4},    Row{"ml.g4dn.16xlarge", 1},
                         Row{"ml.g5.16xlarge", 1},   Row{"ml.g5.24xlarge", 4},      Row{"ml.g5.48xlarge", 8},
                         Row{"ml.gr6.8xlarge", 1},   Row{"ml.g6e.48xlarge", 8}}) {
    EXPECT_EQ(share_of(row.type, {1e6, 1ULL << 60, 100}).value().gpus, row.gpus) << row.type;
    EXPECT_EQ(share_of(row.type, {1e6, 1ULL << 60, 2}).value().gpus, std::min(row.gpus, 2u)) << row.type;
    EXPECT_EQ(share_of(row.type, {1e6, 1ULL << 60}).value().gpus, 0u) << row.type;
  }
}

TEST(InstanceTypes, are_cut_to_a_smaller_host) {
  const Share share = share_of("ml.m4.xlarge", {2, 8 * gib}).value();
  EXPECT_EQ(share.cpus, 2);
  EXPECT_EQ(share.memory, 8 * gib);
}

TEST(InstanceTypes, unknown_ones_are_refused) {
  for (const char* type : {"", "ml.", "m4.xlarge", "ml.m4", "ml.m4.", "ml.q9.xlarge", "ml.m4.7xlarge", "ml.m4.xlarge.x",
                           "ml.m4.xlarge "}) {
    auto share = share_of(type, {2, gib});
    ASSERT_FALSE(share.ok()) << type;
    EXPECT_EQ(share.error().kind, ErrorKind::validation);
  }
}

TEST(Slots, are_given_in_the_order_of_asking) {
  Slots slots({2, 8 * gib});
  std::string order;
  auto first = slots.ask({2, gib}, [&] { order += "1"; });
  auto large = slots.ask({2, gib}, [&] { order += "2"; });
  auto small = slots.ask({1, gib}, [&] { order += "3"; });
  EXPECT_EQ(order, "1");
  EXPECT_EQ(slots.waits_for(*first), "");
  EXPECT_EQ(slots.waits_for(*large), "waiting for 2 CPUs: 0 of 2 free");
  EXPECT_EQ(slots.waits_for(*small), "waiting for 1 CPU: 0 of 2 free; 1 job is before it");
  first.reset();
  EXPECT_EQ(order, "12");
  large.reset();
  EXPECT_EQ(order, "123");
  EXPECT_EQ(slots.use().used.cpus, 1);
  small.reset();
  EXPECT_EQ(slots.use().used.cpus, 0);
  EXPECT_EQ(slots.use().used.memory, 0u);
}

TEST(Slots, memory_counts_too_and_a_small_request_never_overtakes) {
  Slots slots({4, 8 * gib});
  int granted = 0;
  auto first = slots.ask({1, 6 * gib}, [&] { ++granted; });
  auto second = slots.ask({1, 4 * gib}, [&] { ++granted; });
  auto third = slots.ask({1, gib}, [&] { ++granted; });
  EXPECT_EQ(granted, 1);
  EXPECT_EQ(slots.waits_for(*second), "waiting for 4.0 GiB of memory: 2.0 GiB of 8.0 GiB free");
  EXPECT_EQ(slots.waits_for(*third), "waiting for its turn; 1 job is before it");
  second.reset();
  EXPECT_EQ(granted, 2);
  EXPECT_EQ(slots.use().waiting, 0u);
}

TEST(Slots, gpus_are_waited_for_by_name) {
  Slots slots({8, 8 * gib, 2});
  auto first = slots.ask({1, gib, 1}, [] {});
  bool granted = false;
  auto second = slots.ask({1, gib, 9}, [&] { granted = true; });
  EXPECT_FALSE(granted);
  EXPECT_EQ(slots.waits_for(*second), "waiting for 2 GPUs: 1 of 2 free");
  EXPECT_EQ(slots.use().used.gpus, 1u);
  first.reset();
  EXPECT_TRUE(granted);
  second.reset();
  EXPECT_EQ(slots.use().used.gpus, 0u);
}

TEST(Slots, what_the_host_can_never_give_is_cut_to_all_of_it) {
  Slots slots({2, gib});
  bool granted = false;
  auto ticket = slots.ask({64, 100 * gib}, [&] { granted = true; });
  EXPECT_TRUE(granted);
  EXPECT_EQ(slots.use().used.cpus, 2);
}

TEST(Slots, a_ticket_may_outlive_them) {
  std::shared_ptr<Slots::Ticket> ticket;
  {
    Slots slots({1, gib});
    ticket = slots.ask({1, gib}, [] {});
  }
  ticket.reset();
}

}  // namespace
}  // namespace clary::workers
