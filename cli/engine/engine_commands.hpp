// The bodies of the commands that need LibTorch; one file each.
#pragma once

#include "cli/engine/engine_api.hpp"
#include "evergreen/generate/sampling.hpp"

namespace evergreen::cli {

void run_train(const TrainArgs& args, Console& console);
void run_update(const UpdateArgs& args, Console& console);
void run_demo(const DemoArgs& args, Console& console);
void run_eval(const EvalArgs& args, Console& console);
void run_generate(const GenerateArgs& args, Console& console);
void run_chat(const ChatArgs& args, Console& console);
void run_study(const StudyArgs& args, Console& console);

// The model's sampling with what the command line changes.
Sampling choose_sampling(const SamplingArgs& args, Sampling model);

// torch's own number of threads; 0: one for each core.
void use_threads(int threads);

}  // namespace evergreen::cli
