#include "evergreen/residual/operation.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evergreen/base/random.hpp"
#include "evergreen/residual/verify.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/trio.hpp"

namespace evergreen {
using test::expect_error;
using test::Trio;

namespace {

// Large enough for some parts and many slices.
const test::PicoOptions kSome = {
    .shards = 3, .vocab_size = 600, .hidden_size = 64, .intermediate_size = 300, .num_layers = 6};

std::map<std::string, std::string> files_of(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    files[entry.path().filename().string()] = read_text(entry.path());
  }
  return files;
}

ResidualReport graft_of(const Trio& trio, const fs::path& out, const ResidualOptions& options) {
  return graft(CheckpointReader(trio.new_base), CheckpointReader(trio.base), CheckpointReader(trio.instruct),
               out, options);
}

void wait_for(pid_t child) {
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
}

// A graft that is killed: at the `updates`-th report of progress, or after `microseconds`.
void graft_killed(const Trio& trio, const fs::path& out, ResidualOptions options, int updates,
                  useconds_t microseconds) {
  const pid_t child = ::fork();
  if (child == 0) {
    options.progress = [updates, n = 0](const ProgressUpdate&) mutable {
      if (++n == updates) ::raise(SIGKILL);
    };
    try {
      graft_of(trio, out, options);
    } catch (const Error&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  if (updates == 0) {
    ::usleep(microseconds);
    ::kill(child, SIGKILL);
  }
  wait_for(child);
}

}  // namespace

TEST(Operation, KilledAtAnyMomentItIsContinuedToTheSameBytes) {
  const Trio trio(kSome, kSome);
  const ResidualOptions options{.journal_bytes = 20'000, .sync = false, .threads = 2};
  graft_of(trio, trio.dir / "whole", options);
  auto expected = files_of(trio.dir / "whole");
  RandomStream random(7, "kill");
  int kills = 0;
  for (int outputs = 0; kills < 50; ++outputs) {
    const fs::path out = trio.dir / "g";
    for (; !fs::exists(out) && kills < 50; ++kills) {
      const bool by_time = kills % 2 == 0;
      graft_killed(trio, out, options, by_time ? 0 : 1 + static_cast<int>(random.below(60)),
                   static_cast<useconds_t>(random.below(60'000)));
    }
    if (!fs::exists(out)) graft_of(trio, out, options);
    expect_error(ErrorKind::input, "exists already", [&] { graft_of(trio, out, options); });
    auto files = files_of(out);
    // The card is named after its directory; all else is the same.
    files.erase("README.md");
    expected.erase("README.md");
    EXPECT_EQ(files, expected);
    EXPECT_FALSE(fs::exists(out.string() + ".partial"));
    fs::remove_all(out);
  }
}

TEST(Operation, WhatWasDoneIsNotReadAgain) {
  const Trio trio(kSome, kSome);
  ResidualOptions options{.journal_bytes = 1, .sync = false, .threads = 1};
  graft_killed(trio, trio.dir / "g", options, 40, 0);
  const ResidualReport continued = graft_of(trio, trio.dir / "g", options);
  const ResidualReport whole = graft_of(trio, trio.dir / "whole", options);
  EXPECT_GT(continued.continued_parameters, whole.parameters / 4);
  EXPECT_LT(continued.bytes_read, whole.bytes_read * 3 / 4);
  EXPECT_EQ(continued.weights_hash, whole.weights_hash);
  EXPECT_EQ(continued.total.relative(), whole.total.relative()) << "what was measured is kept too";
}

TEST(Operation, PartsOnSeveralProcessesMakeTheSameOutput) {
  const Trio trio(kSome, kSome);
  const ResidualOptions options{.sync = false, .threads = 1};
  const ResidualReport whole = graft_of(trio, trio.dir / "whole", options);
  const fs::path out = trio.dir / "g";
  std::vector<pid_t> children;
  for (int part = 0; part < 5; ++part) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    ResidualOptions own = options;
    own.part = PartOf{part, 5};
    if (part == 3) own.progress = [](const ProgressUpdate&) { ::raise(SIGKILL); };
    try {
      graft_of(trio, out, own);
    } catch (const Error& error) {  // the test's files are the parent's to remove
      std::fprintf(stderr, "part %d: %s\n", part, error.what());
      ::_exit(1);
    }
    ::_exit(0);
  }
  for (const pid_t child : children) wait_for(child);
  EXPECT_FALSE(fs::exists(out));
  ResidualOptions finish = options;
  finish.finish = true;
  expect_error(ErrorKind::input, "slices are not done yet", [&] { graft_of(trio, out, finish); });
  ResidualOptions again = options;
  again.part = PartOf{3, 5};
  const ResidualReport part = graft_of(trio, out, again);
  EXPECT_TRUE(part.weights_hash.empty());
  const ResidualReport report = graft_of(trio, out, finish);
  EXPECT_EQ(report.bytes_read, 0U) << "nothing is left to do";
  EXPECT_EQ(report.weights_hash, whole.weights_hash);
  EXPECT_EQ(report.total.relative(), whole.total.relative());
  EXPECT_TRUE(verify(out).matches());
}

TEST(Operation, PartsAreCountedFromOneToTheirNumber) {
  const Trio trio;
  expect_error(ErrorKind::usage, "there is no part 5 of 4", [&] {
    graft_of(trio, trio.dir / "g", {.part = PartOf{4, 4}});
  });
  expect_error(ErrorKind::usage, "does not finish the whole", [&] {
    graft_of(trio, trio.dir / "g", {.part = PartOf{0, 4}, .finish = true});
  });
}

TEST(Operation, OtherSettingsOrAFinishTooEarlyLeaveThePartsThatAreDone) {
  const Trio trio;
  const fs::path out = trio.dir / "g";
  expect_error(ErrorKind::input, "nothing of this output has been done yet",
               [&] { graft_of(trio, out, {.finish = true, .sync = false}); });
  EXPECT_FALSE(fs::exists(out.string() + ".partial"));
  for (const int part : {0, 1}) graft_of(trio, out, {.part = PartOf{part, 2}, .sync = false});
  for (const bool finish : {true, false}) {
    expect_error(ErrorKind::input, "other settings",
                 [&] { graft_of(trio, out, {.scale = 0.5, .finish = finish, .sync = false}); });
  }
  EXPECT_EQ(graft_of(trio, out, {.finish = true, .sync = false}).bytes_read, 0U)
      << "all of it is still there";
}

TEST(Operation, AFaultInOnePartLeavesTheOthersWork) {
  const Trio trio(kSome, kSome);
  graft_of(trio, trio.dir / "g", {.part = PartOf{0, 2}, .sync = false});
  File weights(CheckpointReader(trio.new_base).shards().back(), File::Mode::read_write);
  const std::vector<std::byte> nans(64, std::byte{0xff});
  const fs::file_time_type time = fs::last_write_time(weights.path());
  weights.write_at(weights.size() - 64, nans);
  fs::last_write_time(weights.path(), time);
  expect_error(ErrorKind::input, "is NaN", [&] {
    graft_of(trio, trio.dir / "g", {.part = PartOf{1, 2}, .sync = false});
  });
  EXPECT_TRUE(fs::exists(trio.dir / "g.partial"));
}

}  // namespace evergreen
