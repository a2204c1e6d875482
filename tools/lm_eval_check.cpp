// Builds every request of lm-evaluation-harness' golden runs and compares: text by CRC-32 and length, metrics by value.
//
//     lm_eval_check DATA GOLDEN
//
// DATA    the folder of the data sets. Two things are not in it, so a part of two runs cannot be compared: GSM8K's training split
//         beyond its first 1000 of 7473 items (of each prompt those examples are that lie in them), and most of the
//         published outputs on MMLU-Pro (its requests are compared; reading and scoring, on the 1500 that are there)
// GOLDEN  a folder with requests.jsonl (one line for each document) and results.json, both made by the harness 0.4.13 with a
//         pseudo-model:
//           log p(continuation | context) = -(crc32(context + continuation) mod 100003) / 1000 - bytes(continuation) / 4
//           log p(document) = -bytes / 2 - (crc32 mod 1009) / 10
//           generation: GSM8K the published solution (gsm8k/example_model_solutions.jsonl, "175b_verification"), MMLU-Pro the
//           published output (mmlu_pro/llama31_8b_instruct_outputs_1500.jsonl), else "B"; cut at the task's stop strings
#include <cmath>
#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <zlib.h>

#include "evergreen/base/json.hpp"
#include "evergreen/eval/groups.hpp"
#include "evergreen/eval/json_lines.hpp"
#include "evergreen/eval/records.hpp"
#include "evergreen/eval/tasks.hpp"
#include "evergreen/ifeval/python_random.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

uint32_t crc(const std::string& text) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
}

class PseudoModel final : public LanguageModel {
 public:
  explicit PseudoModel(const fs::path& data) {
    for (const JsonLine& line : read_json_lines(data / "gsm8k/example_model_solutions.jsonl")) {
      solutions_[line.value["question"]] = line.value["175b_verification"]["solution"];
    }
  }
  // The document that a request is of: which published answer is given.
  std::function<std::string(const std::string& prompt)> answer = [](const std::string&) { return "B"; };

  std::string name() const override { return "pseudo"; }
  std::vector<Answer> likelihood(std::span<const LikelihoodRequest> requests, const ModelHooks&) override {
    std::vector<Answer> answers;
    for (const LikelihoodRequest& r : requests) {
      const double sum = -static_cast<double>(crc(r.prompt.text + r.continuation) % 100003) / 1000.0 -
                         0.25 * static_cast<double>(r.continuation.size());
      answers.push_back({.log_likelihood = sum});
    }
    return answers;
  }
  std::vector<Answer> rolling(std::span<const RollingRequest> requests, const ModelHooks&) override {
    std::vector<Answer> answers;
    for (const RollingRequest& r : requests) {
      answers.push_back({.log_likelihood = -0.5 * static_cast<double>(r.document.size()) -
                                           static_cast<double>(crc(r.document) % 1009) / 10.0});
    }
    return answers;
  }
  std::vector<Answer> generate_until(std::span<const GenerateUntilRequest> requests,
                                     const ModelHooks&) override {
    std::vector<Answer> answers;
    for (const GenerateUntilRequest& r : requests) {
      std::string text = answer(r.prompt.text);
      for (const std::string& stop : r.until) text = text.substr(0, text.find(stop));
      answers.push_back({.text = text});
    }
    return answers;
  }
  const std::map<std::string, std::string>& solutions() const { return solutions_; }

 private:
  std::map<std::string, std::string> solutions_;
};

constexpr size_t kTrainSize = 7473, kTrainGiven = 1000;  // of GSM8K

struct Tally {
  int64_t documents = 0, requests = 0, texts = 0, wrong = 0, metrics = 0, wrong_metrics = 0;
};

void complain(Tally& tally, const std::string& what) {
  if (tally.wrong++ < 3) std::fprintf(stderr, "  %s\n", what.c_str());
}

void compare_text(const Json& golden, const char* crc_key, const char* text_key, const std::string& text,
                  const std::string& where, Tally& tally) {
  if (golden.contains(text_key)) {
    ++tally.texts;
    // A long text is given by its first 2000 characters.
    const auto wanted = golden[text_key].get<std::string>();
    const bool cut = count_code_points(wanted) == 2000;
    if (cut ? !text.starts_with(wanted) : wanted != text) complain(tally, where + ": other text: " + text);
  }
  if (golden[crc_key].get<uint32_t>() != crc(text)) complain(tally, where + ": other CRC of: " + text);
}

void compare_document(const Json& line, const Task& task, Tally& tally) {
  const auto document = line["doc_id"].get<size_t>();
  const std::string where = fmt::format("{} document {}", task.info().name, document);
  const std::vector<Request> requests = task.requests(document);
  ++tally.documents;
  if (requests.size() != line["requests"].size()) {
    complain(tally, fmt::format("{}: {} requests, not {}", where, requests.size(), line["requests"].size()));
    return;
  }
  for (size_t i = 0; i < requests.size(); ++i) {
    const Json& golden = line["requests"][i];
    ++tally.requests;
    if (const auto* l = std::get_if<LikelihoodRequest>(&requests[i])) {
      compare_text(golden, "ctx_crc32", "ctx", l->prompt.text, where, tally);
      compare_text(golden, "cont_crc32", "cont", l->continuation, where, tally);
    } else if (const auto* r = std::get_if<RollingRequest>(&requests[i])) {
      compare_text(golden, "cont_crc32", "cont", r->document, where, tally);
    } else {
      const auto& g = std::get<GenerateUntilRequest>(requests[i]);
      compare_text(golden, "ctx_crc32", "ctx", g.prompt.text, where, tally);
      const Json wanted = golden.value("gen_kwargs", Json::object());
      if (wanted.contains("until") && wanted["until"] != Json(g.until))
        complain(tally, where + ": other stop strings");
      if (!wanted.empty() && wanted.value("max_gen_toks", int64_t{256}) != g.max_new_tokens)
        complain(tally, where + ": other length");
    }
  }
}

void compare_metrics(const std::string& name, const std::vector<MetricResult>& metrics, int64_t items,
                     const Json& golden, Tally& tally) {
  for (const auto& [key, value] : golden.items()) {
    if (key == "sample_len") {
      if (value.get<int64_t>() != items)
        complain(tally, fmt::format("{}: {} items, not {}", name, items, value.dump()));
      continue;
    }
    if (key.find(',') == key.npos || !value.is_number() || key.find("_stderr") != key.npos) continue;
    ++tally.metrics;
    bool found = false;
    for (const MetricResult& m : metrics) {
      if (m.metric.name + "," + m.metric.filter != key) continue;
      found = true;
      const double wanted = value.get<double>();
      if (std::abs(m.estimate.value - wanted) <= 1e-12 * std::max(1.0, std::abs(wanted))) continue;
      ++tally.wrong_metrics;
      std::fprintf(stderr, "  %s %s: %.15g, not %.15g\n", name.c_str(), key.c_str(), m.estimate.value,
                   wanted);
    }
    if (!found) {
      ++tally.wrong_metrics;
      std::fprintf(stderr, "  %s has no metric %s\n", name.c_str(), key.c_str());
    }
  }
}

// The published answers of GSM8K by question, of MMLU-Pro by the place of the item among those of its category.
bool set_answers(PseudoModel& model, const Tasks& tasks, const fs::path& data, const std::string& run) {
  auto by_prompt = std::make_shared<std::map<std::string, std::string>>();
  std::map<int64_t, std::string> outputs;
  bool complete = true;
  if (run.starts_with("mmlu_pro")) {
    for (const JsonLine& line : read_json_lines(data / "mmlu_pro/llama31_8b_instruct_outputs_1500.jsonl"))
      outputs[line.value["question_id"].get<int64_t>()] = line.value["generated_text"];
  }
  for (const auto& task : tasks) {
    for (size_t i = 0; i < task->size(); ++i) {
      const std::vector<Request> requests = task->requests(i);
      const auto* g = std::get_if<GenerateUntilRequest>(&requests.front());
      if (g == nullptr) continue;
      const Json document = parse_json(task->document(i), "a document");
      if (run.starts_with("gsm8k")) {
        const auto found = model.solutions().find(document["question"].get<std::string>());
        if (found != model.solutions().end()) (*by_prompt)[g->prompt.text] = found->second;
      } else if (run.starts_with("mmlu_pro")) {
        const auto found = outputs.find(document["question_id"].get<int64_t>());
        complete = complete && found != outputs.end();
        if (found != outputs.end()) (*by_prompt)[g->prompt.text] = found->second;
      }
    }
  }
  model.answer = [by_prompt](const std::string& prompt) {
    const auto found = by_prompt->find(prompt);
    return found == by_prompt->end() ? std::string("B") : found->second;
  };
  return complete;
}

// GSM8K with 5 examples: of each golden prompt given as text, the examples that are among the first 1000, each at its place, and
// the question at the end.
void check_drawn_examples(const std::vector<Json>& lines, const fs::path& data, Tally& tally) {
  const std::vector<JsonLine> train = read_json_lines(data / "gsm8k/train_first1000.jsonl"),
                              test = read_json_lines(data / "gsm8k/test.jsonl");
  ifeval::PythonRandom random(1234);
  for (const Json& line : lines) {
    const std::vector<size_t> drawn = random.sample(kTrainSize, 5);
    const auto item = line["doc_id"].get<size_t>();
    const std::string prompt = line["requests"][0].value("ctx", "");
    if (prompt.empty()) continue;
    ++tally.documents;
    const std::string end = "\n\nQuestion: " + test[item].value["question"].get<std::string>() + "\nAnswer:";
    ++tally.texts;
    if (!prompt.ends_with(end)) complain(tally, "gsm8k: another question at the end");
    std::vector<size_t> starts;
    for (size_t at = 0; at != prompt.npos; at = prompt.find("\n\nQuestion: ", at + 1))
      starts.push_back(at == 0 ? 0 : at + 2);
    if (starts.size() != 6) complain(tally, "gsm8k: not five examples");
    for (size_t i = 0; i < 5; ++i) {
      if (drawn[i] >= kTrainGiven) continue;
      ++tally.requests;
      const Json& example = train[drawn[i]].value;
      const std::string wanted = "Question: " + example["question"].get<std::string>() +
                                 "\nAnswer: " + example["answer"].get<std::string>() + "\n\n";
      if (prompt.substr(starts[i], wanted.size()) != wanted) complain(tally, "gsm8k: another example");
    }
  }
}

// The answers that the harness' filters read out of published generations, and their scores.
Tally check_gsm8k_reading(const fs::path& data) {
  Tally tally;
  TaskOptions options;
  options.data = data;
  options.shots = 0;
  const std::unique_ptr<Task> task = make_task("gsm8k", options);
  const std::vector<JsonLine> solutions = read_json_lines(data / "gsm8k/example_model_solutions.jsonl");
  for (const JsonLine& line : read_json_lines(data / "gsm8k/golden_lm_eval_extraction.jsonl")) {
    const auto item = line.value["i"].get<size_t>();
    const Answer said{.text = solutions[item].value[line.value["model"].get<std::string>()]["solution"]};
    const std::vector<MetricValue> scores = task->score(item, std::span(&said, 1));
    ++tally.documents;
    tally.texts += 2;
    tally.metrics += 2;
    if (task->filtered("strict-match", said.text) != line.value["strict"])
      complain(tally, line.where + ": strict");
    if (task->filtered("flexible-extract", said.text) != line.value["flexible"])
      complain(tally, line.where + ": flexible");
    tally.wrong_metrics += (scores[0].value == 1) != line.value["em_strict"].get<bool>();
    tally.wrong_metrics += (scores[1].value == 1) != line.value["em_flexible"].get<bool>();
  }
  return tally;
}

Tally check_mmlu_pro_reading(const fs::path& data) {
  Tally tally;
  TaskOptions options;
  options.data = data;
  options.shots = 0;
  const Tasks tasks = make_tasks({"mmlu_pro"}, options);
  std::map<int64_t, std::pair<const Task*, size_t>> places;
  for (const auto& task : tasks) {
    for (size_t i = 0; i < task->size(); ++i)
      places[parse_json(task->document(i), "a document")["question_id"].get<int64_t>()] = {task.get(), i};
  }
  std::map<int64_t, std::string> outputs;
  for (const JsonLine& line : read_json_lines(data / "mmlu_pro/llama31_8b_instruct_outputs_1500.jsonl"))
    outputs[line.value["question_id"].get<int64_t>()] = line.value["generated_text"];
  for (const JsonLine& line : read_json_lines(data / "mmlu_pro/golden_lm_eval_extraction_1500.jsonl")) {
    const auto id = line.value["question_id"].get<int64_t>();
    const auto& [task, item] = places.at(id);
    const Answer said{.text = outputs.at(id)};
    ++tally.documents;
    ++tally.texts;
    ++tally.metrics;
    if (task->filtered("custom-extract", said.text) != line.value["lm_eval_extracted"])
      complain(tally, line.where);
    const double score = task->score(item, std::span(&said, 1)).front().value;
    tally.wrong_metrics += (score == 1) != line.value["lm_eval_exact_match"].get<bool>();
  }
  return tally;
}

Tally check_run(const std::string& run, const Json& golden, const std::vector<Json>& lines,
                const fs::path& data, PseudoModel& model) {
  Tally tally;
  TaskOptions options;
  options.data = data;
  if (golden["num_fewshot"].is_number()) options.shots = golden["num_fewshot"].get<int64_t>();
  RunOptions limit;
  if (golden["limit"].is_number()) limit.limit = golden["limit"].get<int64_t>();
  const Tasks tasks = make_tasks({run.substr(0, run.find('|'))}, options);
  std::map<std::string, const Task*> by_name;
  for (const auto& task : tasks) by_name[task->info().name] = task.get();
  const bool partly = run == "gsm8k|5" && find_record_files(data, {"gsm8k/train.jsonl"}).empty();
  if (partly) check_drawn_examples(lines, data, tally);
  for (const Json& line : lines) {
    if (partly) break;
    const auto found = by_name.find(line["task"].get<std::string>());
    if (found == by_name.end())
      complain(tally, "no task " + line["task"].get<std::string>());
    else
      compare_document(line, *found->second, tally);
  }
  if (!set_answers(model, tasks, data, run)) return tally;
  const Evaluation evaluation = evaluate(model, tasks, limit);
  std::map<std::string, bool> seen;
  for (const TaskResult& t : evaluation.tasks) {
    seen[t.task.name] = true;
    if (golden["results"].contains(t.task.name))
      compare_metrics(t.task.name, t.metrics, t.evaluated_items, golden["results"][t.task.name], tally);
    else
      complain(tally, "the golden has no task " + t.task.name);
  }
  for (const GroupResult& g : group_results(evaluation)) {
    seen[g.name] = true;
    if (golden["results"].contains(g.name))
      compare_metrics(g.name, g.metrics, g.items, golden["results"][g.name], tally);
  }
  for (const auto& [name, scores] : golden["results"].items()) {
    if (!seen.contains(name)) complain(tally, "not evaluated: " + name);
  }
  return tally;
}

int64_t report(const std::string& run, const Tally& t) {
  std::printf("%-24s %6ld documents %7ld requests %6ld texts %4ld wrong %6ld metrics %4ld wrong\n",
              run.c_str(), t.documents, t.requests, t.texts, t.wrong, t.metrics, t.wrong_metrics);
  std::fflush(stdout);
  return t.wrong + t.wrong_metrics;
}

int check(const fs::path& data, const fs::path& folder) {
  const Json results = read_json(folder / "results.json");
  std::map<std::string, std::vector<Json>> lines;
  for (JsonLine& line : read_json_lines(folder / "requests.jsonl"))
    lines[line.value["run"].get<std::string>()].push_back(std::move(line.value));
  PseudoModel model(data);
  int64_t wrong = 0;
  for (const auto& [run, golden] : results.items()) {
    Tally t;
    try {
      t = check_run(run, golden, lines[run], data, model);
    } catch (const Error& error) {
      std::fprintf(stderr, "  %s\n", error.what());
      ++t.wrong;
    }
    wrong += report(run, t);
  }
  wrong += report("gsm8k read", check_gsm8k_reading(data));
  wrong += report("mmlu_pro read", check_mmlu_pro_reading(data));
  std::printf(wrong == 0 ? "all equal\n" : "NOT equal\n");
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace evergreen

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: lm_eval_check DATA GOLDEN\n");
    return 2;
  }
  try {
    return evergreen::check(argv[1], argv[2]);
  } catch (const evergreen::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
