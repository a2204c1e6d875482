// A step of a study: the unit that is done once, remembered and shared.
//
//   prepare    text -> token stores                                      data/
//   train      model + tokens -> model in float32                        model/, run/
//   graft      new base + scale * (instruct - base) -> model             model/
//   inspect    norms of R and of CPT's shift by layer, their cosine
//   evaluate   model -> scores of every item, sample answers
//
// A step is a function of its settings and of the steps and files it reads: `key` is the hash of those settings, of the contents of
// the files and of the keys of the steps. Paths, threads and names are in no key. Equal keys are one step.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen::study {

enum class StepKind { prepare, train, graft, inspect, evaluate };
inline constexpr StepKind kStepKinds[] = {StepKind::prepare, StepKind::train, StepKind::graft,
                                          StepKind::inspect, StepKind::evaluate};
const char* step_kind_name(StepKind kind);

// What a step costs, foreseen or measured.
struct StepCost {
  double tokens = 0;   // read by a model
  double flops = 0;    // cost.hpp
  double seconds = 0;  // wall time
  double core_seconds = 0;
  double disk_bytes = 0;
};

struct Step {
  StepKind kind = StepKind::prepare;
  std::string label;                            // for people: "CPT of base, 92160 tokens, seed 1"
  std::map<std::string, std::string> settings;  // all that the body may look at, besides what it reads
  std::map<std::string, size_t> inputs;         // role -> index of an earlier step
  std::map<std::string, fs::path> paths;        // role -> file or directory from outside
  StepCost foreseen;
  std::string key;  // 32 hexadecimal digits
};

using Steps = std::vector<Step>;  // every step after those it reads

// `contents`: role -> identity of each of step.paths.
std::string step_key(const Step& step, const Steps& steps,
                     const std::map<std::string, std::string>& contents);

// Identity of a file or of a directory's files by names, sizes and bytes: of large ones 64 samples of 64 KiB, evenly spread. It tells
// releases apart, not files made to look alike. Folders within a directory count where `below` is set. Error{input} where there is nothing.
std::string content_identity(const fs::path& path, bool below = false);

}  // namespace evergreen::study
