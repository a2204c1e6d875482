#include "evergreen/demo/demo_report.hpp"

#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/demo/world_tasks.hpp"

namespace evergreen {
namespace {

double figure(const FutureResult& future, Arm arm, const DemoColumn& column) {
  const double value =
      find_metric(future.arms[static_cast<size_t>(arm)], column.task, column.metric, column.filter)
          .estimate.value;
  return column.percent ? 100 * value : value;
}

struct MeanAndSpread {
  double mean = 0, spread = 0;  // sample standard deviation over futures
};

MeanAndSpread over_futures(const std::vector<FutureResult>& futures, Arm arm, const DemoColumn& column) {
  MeanAndSpread result;
  for (const FutureResult& future : futures) result.mean += figure(future, arm, column);
  result.mean /= static_cast<double>(futures.size());
  for (const FutureResult& future : futures)
    result.spread += std::pow(figure(future, arm, column) - result.mean, 2);
  if (futures.size() > 1) result.spread = std::sqrt(result.spread / static_cast<double>(futures.size() - 1));
  return result;
}

std::string table(const std::vector<FutureResult>& futures) {
  const bool several = futures.size() > 1;
  std::string text = fmt::format("{:<18}", "arm");
  for (const DemoColumn& column : demo_columns()) text += fmt::format("{:>14}", column.title);
  text += "\n";
  for (const Arm arm : kArms) {
    text += fmt::format("{:<18}", arm_name(arm));
    for (const DemoColumn& column : demo_columns()) {
      const MeanAndSpread value = over_futures(futures, arm, column);
      const std::string number =
          column.percent ? fmt::format("{:.1f}", value.mean) : fmt::format("{:.2f}", value.mean);
      text += fmt::format("{:>14}", several ? fmt::format("{} +-{:.1f}", number, value.spread) : number);
    }
    text += "\n";
  }
  return text;
}

// The scores of one metric of one arm, item after item, all futures together.
std::vector<double> item_scores(const std::vector<FutureResult>& futures, Arm arm, const char* task,
                                const char* filter) {
  std::vector<double> scores;
  for (const FutureResult& future : futures) {
    for (const MetricValue& value :
         find_metric(future.arms[static_cast<size_t>(arm)], task, "acc", filter).values) {
      scores.push_back(value.value / value.weight);
    }
  }
  return scores;
}

PairedDifference difference(const std::vector<FutureResult>& futures, const char* task, const char* filter) {
  return paired_difference(item_scores(futures, Arm::updated, task, filter),
                           item_scores(futures, Arm::instruct_cpt, task, filter));
}

std::string difference_text(const char* what, const PairedDifference& d) {
  return fmt::format("  {:<34}{:+6.1f} points, 95 % interval {:+.1f} to {:+.1f} ({} items)\n", what,
                     100 * d.difference, 100 * d.interval.low, 100 * d.interval.high, d.items);
}

std::string verdict(const Finding& finding) {
  std::string text = "(base + CPT) + R minus instruct + CPT:\n" +
                     difference_text("formats followed", finding.formats) +
                     difference_text("formats followed, ending forgiven", finding.formats_lenient) +
                     difference_text("new facts", finding.new_facts) +
                     difference_text("new facts, ending forgiven", finding.new_facts_lenient);
  text += finding.shown() ? "All intervals lie above 0: this run shows the paper's finding.\n"
                          : "This run does NOT show the paper's finding: not all intervals lie above 0.\n";
  return text;
}

std::string chats(const FutureResult& future) {
  std::string text = "\nThe same questions to the three chat models:\n";
  for (const Conversation& chat : future.conversations) {
    text += fmt::format("\n  user              {}\n", chat.question);
    for (const Arm arm : {Arm::instruct, Arm::instruct_cpt, Arm::updated}) {
      text += fmt::format("  {:<18}{}\n", arm_name(arm), chat.answers[static_cast<size_t>(arm)]);
    }
    text += fmt::format("  (right)           {}\n", chat.wanted);
  }
  return text;
}

std::string json_name(const DemoColumn& column) {
  return fmt::format("{},{},{}", column.task, column.metric, column.filter);
}

OrderedJson difference_json(const PairedDifference& d) {
  return {{"difference", d.difference},
          {"interval_95", {d.interval.low, d.interval.high}},
          {"p_value", d.p_value},
          {"items", d.items}};
}

// The further tasks, a table for each future.
std::string further_text(const std::vector<FutureResult>& futures) {
  std::string text;
  for (const FutureResult& future : futures) {
    if (future.further.empty()) continue;
    text += futures.size() > 1 ? fmt::format("\nFuture {}\n", future.seed) : std::string("\n");
    text += models_table(future.further);
  }
  return text;
}

}  // namespace

const std::vector<DemoColumn>& demo_columns() {
  static const std::vector<DemoColumn> columns = {
      {"format %", kFormatFollowed, "acc", kStrict, true},
      {"(lenient)", kFormatFollowed, "acc", kLenient, true},
      {"old facts %", "old_fact", "acc", kStrict, true},
      {"new facts %", "new_fact", "acc", kStrict, true},
      {"(lenient)", "new_fact", "acc", kLenient, true},
      {"changed %", "changed_fact", "acc", kStrict, true},
      {"new+format %", "new_fact_in_format", "acc", kStrict, true},
      {"4-choice %", "new_fact_choice", "acc", kStrict, true},
      {"ppl new", "perplexity:new", "token_perplexity", "none", false},
      {"ppl old", "perplexity:old", "token_perplexity", "none", false}};
  return columns;
}

bool Finding::shown() const {
  for (const PairedDifference* d : {&formats, &formats_lenient, &new_facts, &new_facts_lenient}) {
    if (d->interval.low <= 0) return false;
  }
  return true;
}

Finding find_difference(const std::vector<FutureResult>& futures) {
  return {difference(futures, kFormatFollowed, kStrict), difference(futures, kFormatFollowed, kLenient),
          difference(futures, "new_fact", kStrict), difference(futures, "new_fact", kLenient)};
}

std::string demo_text(const std::vector<FutureResult>& futures) {
  double seconds = 0;
  for (const FutureResult& future : futures) seconds += future.seconds;
  return fmt::format("\n{} future{}, {} new tokens each, |R| / |base| = {:.3f}, {:.0f} s\n\n", futures.size(),
                     futures.size() == 1 ? "" : "s (mean +- standard deviation)", futures.front().tokens,
                     futures.front().relative_residual, seconds) +
         table(futures) + "\n" + verdict(find_difference(futures)) + further_text(futures) +
         chats(futures.front()) +
         fmt::format("\nThe report of the update: {}\n", futures.front().report.string());
}

std::string demo_json(const std::vector<FutureResult>& futures) {
  OrderedJson json;
  const Finding finding = find_difference(futures);
  json["finding_shown"] = finding.shown();
  json["formats_followed"] = difference_json(finding.formats);
  json["formats_followed_lenient"] = difference_json(finding.formats_lenient);
  json["new_facts"] = difference_json(finding.new_facts);
  json["new_facts_lenient"] = difference_json(finding.new_facts_lenient);
  for (const FutureResult& future : futures) {
    OrderedJson entry = {{"seed", future.seed},
                         {"tokens", future.tokens},
                         {"relative_residual", future.relative_residual},
                         {"seconds", future.seconds},
                         {"report", future.report.string()}};
    for (const Arm arm : kArms) {
      for (const DemoColumn& column : demo_columns())
        entry["arms"][arm_name(arm)][json_name(column)] = figure(future, arm, column);
    }
    for (const Conversation& chat : future.conversations) {
      OrderedJson one = {{"question", chat.question}, {"wanted", chat.wanted}};
      for (const Arm arm : kArms) one["answers"][arm_name(arm)] = chat.answers[static_cast<size_t>(arm)];
      entry["conversations"].push_back(one);
    }
    for (const Evaluation& further : future.further)
      entry["further"][further.model] = OrderedJson::parse(results_json(further));
    json["futures"].push_back(entry);
  }
  return to_text(json);
}

}  // namespace evergreen
