// The golden runs of tests/golden/eval (tools/make_eval_goldens.py).
#pragma once

#include <map>
#include <vector>

#include "evergreen/base/json.hpp"
#include "evergreen/eval/json_lines.hpp"
#include "evergreen/eval/tasks.hpp"
#include "tests/support/data.hpp"

namespace evergreen::test {

inline TaskOptions golden_options(const Json& run) {
  TaskOptions options;
  options.data = golden_path("eval/data");
  if (run["num_fewshot"].is_number()) options.shots = run["num_fewshot"].get<int64_t>();
  options.chat = run["chat"].get<bool>();
  options.multi_turn = run["multi_turn"].get<bool>();
  if (run["system"].is_string()) options.system_prompt = run["system"].get<std::string>();
  return options;
}

// The lines of a golden file by their run.
inline std::map<std::string, std::vector<Json>> golden_lines_by_run(const std::string& name) {
  std::map<std::string, std::vector<Json>> lines;
  for (JsonLine& line : read_json_lines(golden_path(name)))
    lines[line.value["run"].get<std::string>()].push_back(std::move(line.value));
  return lines;
}

}  // namespace evergreen::test
