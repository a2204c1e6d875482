#include "evergreen/parallel/process_groups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/rank_processes.hpp"

namespace evergreen {
using test::RankProcesses;
using test::RankResult;
using testing::HasSubstr;

namespace {
constexpr const char* kProgram = EVERGREEN_BIN "/rank_program";
// Seconds: many times what anything here takes on a busy machine, and less than Gloo would wait by itself (30 minutes).
constexpr double kPatience = 120;

std::vector<RankResult> run(const std::string& scenario, int size) {
  return RankProcesses(kProgram, size, {scenario}).wait(kPatience);
}

void expect_ok(const std::string& scenario, int size) {
  for (const RankResult& result : run(scenario, size))
    EXPECT_EQ(result.exit_code, 0) << scenario << ", " << size << " ranks:\n" << result.output;
}
}  // namespace

TEST(ProcessGroups, CollectivesGiveWhatTheySayAmongTwoThreeAndFour) {
  for (const int size : {2, 3, 4}) expect_ok("collectives", size);
}

TEST(ProcessGroups, ShardAndReplicateGroupsCrossEachOther) {
  EXPECT_EQ(shard_group(3, 4, 2), (std::vector<int>{2, 3}));
  EXPECT_EQ(replicate_group(3, 4, 2), (std::vector<int>{1, 3}));
  expect_ok("hybrid", 4);
}

TEST(ProcessGroups, AllRanksAndAllRepeatsHaveTheSameBits) {
  const std::string bits = run("repeatable", 4).front().output;
  EXPECT_THAT(bits, HasSubstr("bits "));
  for (const RankResult& result : run("repeatable", 4)) EXPECT_EQ(result.output, bits);
}

TEST(ProcessGroups, AllRanksGetTheTextsOfAll) {
  for (const RankResult& result : run("gathers", 3)) EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST(ProcessGroups, BytesSentAreThoseOfTheFormulas) {
  for (const int size : {2, 4}) {
    for (const RankResult& result : run("bytes", size)) {
      EXPECT_EQ(result.exit_code, 0) << result.output;
      // And those that the kernel counts, with the headers of the messages and a word or two to the store.
      size_t lines = 0;
      for (size_t at = result.output.find("sent "); at != std::string::npos;
           at = result.output.find("sent ", at + 1)) {
        long long sent = 0, on_wire = 0;
        ASSERT_EQ(std::sscanf(result.output.c_str() + at, "sent %lld on the wire %lld", &sent, &on_wire), 2);
        EXPECT_GE(on_wire, sent);
        EXPECT_LE(on_wire, sent + 4000);
        ++lines;
      }
      EXPECT_EQ(lines, 4U);
    }
  }
}

TEST(ProcessGroups, ARankThatIsKilledEndsTheOthersWhichNameIt) {
  for (const int killed : {0, 2}) {
    RankProcesses ranks(kProgram, 3, {"endless"});
    for (int rank = 0; rank < 3; ++rank) ASSERT_TRUE(ranks.wait_for_output(rank, "going", kPatience));
    ranks.signal(killed, SIGKILL);
    const std::vector<RankResult> results = ranks.wait(kPatience);
    for (int rank = 0; rank < 3; ++rank) {
      if (rank == killed) continue;
      const RankResult& result = results[static_cast<size_t>(rank)];
      EXPECT_EQ(result.exit_code, 4) << result.output;
      EXPECT_THAT(result.output, HasSubstr("rank " + std::to_string(killed)));
      EXPECT_THAT(result.output, HasSubstr("is lost"));
    }
  }
}

TEST(ProcessGroups, ARankThatIsStoppedEndsTheOthersWithinTheTimeout) {
  RankProcesses ranks(kProgram, 3, {"endless"});
  for (int rank = 0; rank < 3; ++rank) ASSERT_TRUE(ranks.wait_for_output(rank, "going", kPatience));
  ranks.signal(1, SIGSTOP);
  for (const int rank : {0, 2}) {
    EXPECT_TRUE(ranks.wait_for_output(rank, "is lost: no sign of life", kPatience)) << ranks.output(rank);
    EXPECT_THAT(ranks.output(rank), HasSubstr("rank 1"));
  }
  ranks.signal(1, SIGKILL);
  const std::vector<RankResult> results = ranks.wait(kPatience);
  EXPECT_EQ(results[0].exit_code, 4);
  EXPECT_EQ(results[2].exit_code, 4);
}

TEST(ProcessGroups, ARankThatIsAliveButBehindIsNamed) {
  RankProcesses ranks(kProgram, 3, {"busy"});
  for (const int rank : {0, 2}) {
    EXPECT_TRUE(ranks.wait_for_output(rank, "stands still at collective 1", kPatience)) << ranks.output(rank);
    EXPECT_THAT(ranks.output(rank), HasSubstr("rank 1"));
  }
}

TEST(ProcessGroups, ARankThatFailsEndsTheOthersWithWhatItSays) {
  const std::vector<RankResult> results = run("failing", 3);
  EXPECT_EQ(results[2].exit_code, 5);
  for (const int rank : {0, 1}) {
    EXPECT_EQ(results[static_cast<size_t>(rank)].exit_code, 4);
    EXPECT_THAT(results[static_cast<size_t>(rank)].output, HasSubstr("failed: the disk is full"));
    EXPECT_THAT(results[static_cast<size_t>(rank)].output, HasSubstr("rank 2"));
  }
}

TEST(ProcessGroups, OthersWaitForRankZerosWorkHoweverLong) { expect_ok("first", 2); }

TEST(ProcessGroups, RanksThatDoNotComeAreNamed) {
  RankProcesses alone(kProgram, 1, {"alone"}, {{"WORLD_SIZE", "3"}, {"LOCAL_WORLD_SIZE", "3"}});
  const RankResult result = alone.wait(kPatience).front();
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.output, HasSubstr("of 3 ranks these did not come within 2 s: 1, 2"));
}

}  // namespace evergreen
