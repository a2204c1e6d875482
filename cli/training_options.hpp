// The options of a training run, shared by `train cpt`, `train sft`, `update` and `demo`.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "evergreen/train/train_options.hpp"

namespace evergreen::cli {

// Declares them with `options`' present values as defaults, but for the sequence length: 0, what the model can
// (settle_row_tokens). `options` must outlive the command.
void add_training_options(CLI::App& command, TrainOptions& options);

// How several processes, started by torchrun, srun or mpirun, share a run.
void add_parallel_options(CLI::App& command, ParallelOptions& options);

// What training runs on.
void add_device_option(CLI::App& command, std::string& device);

// How raw text is packed: for commands that do not train on conversations.
void add_packing_option(CLI::App& command, TrainOptions& options);

}  // namespace evergreen::cli
