#include <algorithm>

#include "evergreen/base/json.hpp"
#include "evergreen/data/documents.hpp"
#include "evergreen/eval/answers.hpp"
#include "evergreen/eval/tasks.hpp"

namespace evergreen {
namespace {

std::vector<std::string> read_documents(const fs::path& file, const std::string& text_field) {
  std::vector<std::string> documents;
  for_each_document({file.string()}, {.text_field = text_field},
                    [&](std::string_view text, const CorpusPosition&) {
                      documents.emplace_back(text);
                      return true;
                    });
  return documents;
}

class PerplexityTask final : public Task {
 public:
  PerplexityTask(std::string name, std::vector<std::string> documents) : documents_(std::move(documents)) {
    info_.name = std::move(name);
    info_.metrics = {{"token_perplexity", "none", Aggregation::perplexity, false},
                     {"word_perplexity", "none", Aggregation::perplexity, false},
                     {"byte_perplexity", "none", Aggregation::perplexity, false},
                     {"bits_per_byte", "none", Aggregation::bits_per_byte, false}};
    info_.config = R"({"output_type": "loglikelihood_rolling"})";
  }
  const TaskInfo& info() const override { return info_; }
  size_t size() const override { return documents_.size(); }
  std::vector<Request> requests(size_t item) const override { return {RollingRequest{documents_.at(item)}}; }
  std::vector<MetricValue> score(size_t item, std::span<const Answer> answers) const override {
    const Answer& a = answers.front();
    const auto words = static_cast<double>(count_words(documents_.at(item)));
    const auto bytes = static_cast<double>(documents_.at(item).size());
    return {{a.log_likelihood, static_cast<double>(a.tokens)},
            {a.log_likelihood, words},
            {a.log_likelihood, bytes},
            {a.log_likelihood, bytes}};
  }
  std::string document(size_t item) const override {
    return OrderedJson::object({{"text", documents_.at(item)}})
        .dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  }
  std::string target(size_t) const override { return {}; }

 private:
  TaskInfo info_;
  std::vector<std::string> documents_;
};

}  // namespace

std::unique_ptr<Task> perplexity_task(std::string name, const fs::path& file, const TaskOptions& options) {
  return std::make_unique<PerplexityTask>(std::move(name), read_documents(file, options.text_field));
}

}  // namespace evergreen
