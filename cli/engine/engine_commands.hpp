// The bodies of the commands that need LibTorch; one file each.
#pragma once

#include "cli/engine/engine_api.hpp"
#include "evergreen/generate/sampling.hpp"

namespace evergreen {
struct TextModel;
}

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

// The weights that args asks for, set in `engine`; int8 ones are made of the model's and their loss is measured and noted, as is where
// the model lies on GPUs. Returns what results are to record of them.
std::string choose_weights(const ModelArgs& args, const TextModel& model, EngineOptions& engine,
                           Console& console);

// torch's own number of threads; 0: one for each core.
void use_threads(int threads);

}  // namespace evergreen::cli
