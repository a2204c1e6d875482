#include <algorithm>
#include <optional>

#include "evergreen/base/json.hpp"
#include "evergreen/eval/tasks.hpp"
#include "evergreen/ifeval/check_response.hpp"
#include "evergreen/ifeval/prompts.hpp"

namespace evergreen {
namespace {

constexpr int64_t kIfevalVersion = 4, kIfevalTokens = 1280;  // as lm-evaluation-harness 0.4.13 has them

MetricValue share_followed(const std::vector<bool>& verdicts) {
  return {static_cast<double>(std::count(verdicts.begin(), verdicts.end(), true)),
          static_cast<double>(verdicts.size())};
}

MetricValue prompt_followed(const std::vector<bool>& verdicts) {
  return {ifeval::all_followed(verdicts) ? 1.0 : 0.0, 1};
}

class IfevalTask final : public Task {
 public:
  IfevalTask(std::string name, std::vector<ifeval::Prompt> prompts, const fs::path& punkt_folder,
             const TaskOptions& options)
      : prompts_(std::move(prompts)), chat_(options.chat) {
    if (options.max_new_tokens > 0) max_new_tokens_ = options.max_new_tokens;
    if (fs::is_directory(punkt_folder)) punkt_ = ifeval::read_punkt_tab(punkt_folder);
    info_.name = std::move(name);
    info_.version = kIfevalVersion;
    info_.metrics = {{"prompt_level_strict_acc"},
                     {"inst_level_strict_acc"},
                     {"prompt_level_loose_acc"},
                     {"inst_level_loose_acc"}};
    const OrderedJson generation = {{"until", OrderedJson::array()},
                                    {"do_sample", false},
                                    {"temperature", 0.0},
                                    {"max_gen_toks", max_new_tokens_}};
    info_.config = OrderedJson{{"output_type", "generate_until"},
                               {"doc_to_text", "prompt"},
                               {"generation_kwargs", generation},
                               {"sentence_parameters", punkt_ ? punkt_folder.string() : "built-in"}}
                       .dump();
  }
  const TaskInfo& info() const override { return info_; }
  size_t size() const override { return prompts_.size(); }
  std::vector<Request> requests(size_t item) const override {
    GenerateUntilRequest request;
    request.max_new_tokens = max_new_tokens_;
    if (chat_)
      request.prompt.messages = {{"user", prompts_.at(item).text}};
    else
      request.prompt.text = prompts_.at(item).text;
    return {request};
  }
  std::vector<MetricValue> score(size_t item, std::span<const Answer> answers) const override {
    const ifeval::CheckOptions options{punkt_ ? &*punkt_ : nullptr};
    const ifeval::Verdicts v =
        ifeval::check_response(prompts_.at(item).instructions, answers.front().text, options);
    return {prompt_followed(v.strict), share_followed(v.strict), prompt_followed(v.loose),
            share_followed(v.loose)};
  }
  std::string document(size_t item) const override { return prompts_.at(item).document; }
  std::string target(size_t) const override { return {}; }

 private:
  TaskInfo info_;
  std::vector<ifeval::Prompt> prompts_;
  std::optional<ifeval::PunktParameters> punkt_;
  bool chat_;
  int64_t max_new_tokens_ = kIfevalTokens;
};

}  // namespace

std::unique_ptr<Task> ifeval_task(std::string name, const fs::path& file, const TaskOptions& options) {
  const fs::path punkt = file.parent_path() / "punkt_tab" / "english";
  return std::make_unique<IfevalTask>(std::move(name), ifeval::read_prompts(file), punkt, options);
}

}  // namespace evergreen
