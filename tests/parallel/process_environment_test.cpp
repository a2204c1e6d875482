#include "evergreen/parallel/process_environment.hpp"

#include <map>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
using test::expect_error;

namespace {
std::optional<ProcessEnvironment> of(const std::map<std::string, std::string>& variables) {
  return process_environment([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}
}  // namespace

TEST(ProcessEnvironment, WithoutALauncherThereIsNone) {
  EXPECT_FALSE(of({}));
  EXPECT_FALSE(of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}})) << "sbatch alone: one process, not eight";
}

TEST(ProcessEnvironment, UnderTorchrunTheAgentHoldsTheStore) {
  const auto found = of({{"RANK", "5"},
                         {"WORLD_SIZE", "8"},
                         {"LOCAL_RANK", "1"},
                         {"LOCAL_WORLD_SIZE", "4"},
                         {"MASTER_ADDR", "node1"},
                         {"MASTER_PORT", "1234"},
                         {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                         {"TORCHELASTIC_RESTART_COUNT", "2"},
                         {"SLURM_PROCID", "0"},
                         {"SLURM_STEP_NUM_TASKS", "2"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rank, 5);
  EXPECT_EQ(found->size, 8);
  EXPECT_EQ(found->local_rank, 1);
  EXPECT_EQ(found->local_size, 4);
  EXPECT_EQ(found->master_address, "node1");
  EXPECT_EQ(found->master_port, 1234);
  EXPECT_TRUE(found->agent_store);
  EXPECT_EQ(found->attempt, "2");
}

TEST(ProcessEnvironment, OpenMpiAndMpichOnOneMachineNeedNoAddress) {
  const auto open = of({{"OMPI_COMM_WORLD_RANK", "1"},
                        {"OMPI_COMM_WORLD_SIZE", "2"},
                        {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                        {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}});
  ASSERT_TRUE(open);
  EXPECT_EQ(open->rank, 1);
  EXPECT_EQ(open->master_address, "127.0.0.1");
  const auto mpich = of({{"PMI_RANK", "3"},
                         {"PMI_SIZE", "4"},
                         {"MPI_LOCALRANKID", "1"},
                         {"MPI_LOCALNRANKS", "2"},
                         {"MASTER_ADDR", "10.0.0.1"}});
  ASSERT_TRUE(mpich);
  EXPECT_EQ(mpich->local_rank, 1);
  EXPECT_EQ(mpich->master_address, "10.0.0.1");
}

TEST(ProcessEnvironment, SrunsFirstNodeHoldsTheStore) {
  const auto found = of({{"SLURM_PROCID", "6"},
                         {"SLURM_STEP_NUM_TASKS", "8"},
                         {"SLURM_LOCALID", "2"},
                         {"SLURM_STEP_TASKS_PER_NODE", "4(x2)"},
                         {"SLURM_STEP_NODELIST", "gpu[07-08]"},
                         {"SLURM_JOB_ID", "123456"},
                         {"SLURM_STEP_ID", "0"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->local_size, 4);
  EXPECT_EQ(found->master_address, "gpu07");
  EXPECT_EQ(found->master_port, 29956);
}

TEST(ProcessEnvironment, ListsOfHostsBeginWithTheFirst) {
  EXPECT_EQ(first_host("login"), "login");
  EXPECT_EQ(first_host("a1,a2"), "a1");
  EXPECT_EQ(first_host("gpu[07-09,12],login"), "gpu07");
  EXPECT_EQ(first_host("r[1,3]-c.site,x"), "r1-c.site");
}

TEST(ProcessEnvironment, WhatIsMissingOrWrongIsNamed) {
  expect_error(ErrorKind::usage, "WORLD_SIZE is not set", [] { of({{"RANK", "0"}}); });
  expect_error(ErrorKind::usage, "MASTER_ADDR is not set", [] { of({{"RANK", "0"}, {"WORLD_SIZE", "2"}}); });
  expect_error(ErrorKind::usage, "RANK is 'x'", [] { of({{"RANK", "x"}, {"WORLD_SIZE", "2"}}); });
  expect_error(ErrorKind::usage, "rank 2 of 2", [] {
    of({{"RANK", "2"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "1"}});
  });
  expect_error(ErrorKind::usage, "MASTER_ADDR is not set", [] {
    of({{"OMPI_COMM_WORLD_RANK", "0"},
        {"OMPI_COMM_WORLD_SIZE", "4"},
        {"OMPI_COMM_WORLD_LOCAL_RANK", "0"},
        {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}});
  });
}

}  // namespace evergreen
