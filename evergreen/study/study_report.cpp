#include "evergreen/study/study_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/version.hpp"
#include "evergreen/report/markdown.hpp"
#include "evergreen/report/terminal.hpp"
#include "evergreen/study/study_charts.hpp"

namespace evergreen::study {
namespace {

constexpr const char* kHow =
    "Differences are paired over items, with seeds as blocks of the same weight: each is the mean over seeds "
    "of the mean difference of "
    "the items. Intervals are 95 % percentile bootstraps over items within seeds; p-values are of a "
    "randomisation test (signs of the "
    "items' differences), adjusted over all tests of the study by Holm. Seeds are taken as they are: what is "
    "said holds for these "
    "seeds, and how far they differ is in the tables.";
constexpr const char* kCosts =
    "Training: 6 N FLOPs a token, N the weights in matrix products; evaluation: 2 N a token; graft: 3 P, P "
    "all parameters. "
    "Core-hours are wall time x threads; energy is core-hours x watts a core as the plan states, an "
    "estimate: nothing was metered.";
constexpr const char* kTuning =
    "The ratio is 6 N x tokens of an SFT over 3 P of the graft, for the smallest of the budgets tried whose "
    "score is at least the "
    "graft's. The paper counts about 2048 times less than instruction tuning, in its own way, for its own "
    "models.";

class Report {
 public:
  Report(const Study& study, const fs::path& directory)
      : study_(study), directory_(directory), figures_(study_figures(study, directory)) {}

  StudyReport make() const {
    StudyReport report;
    report.html = html_page({study_.plan.name + ": base or instruct, which to pre-train further?", subtitle(),
                             fmt::format("Made by evergreen {}. After arXiv 2410.10739.", kVersion), body()});
    report.markdown = markdown();
    report.scores_csv = scores_csv(figures_), report.costs_csv = costs_csv(figures_);
    report.findings_csv = findings_csv(figures_);
    report.summary = subtitle() + "\n\n";
    for (const Finding& f : figures_.findings)
      report.summary +=
          fmt::format("{}  {:<18}{}\n    {}\n", f.name, verdict_name(f.verdict), f.claim, f.reason);
    report.json = json();
    return report;
  }

 private:
  std::string subtitle() const {
    return fmt::format("{} of {} steps finished; {} arms; {} FLOPs, {:.2f} core-hours, {:.3f} kWh (estimate)",
                       figures_.results.finished_steps(), study_.steps.size(), figures_.results.arms.size(),
                       fmt::format("{:.3g}", figures_.results.total.total().flops),
                       figures_.results.total.total().core_seconds / 3600,
                       kilowatt_hours(figures_.results.total.total(), study_.plan.compute.watts_per_core));
  }

  Html body() const {
    Html page = key_figures();
    page += findings();
    for (const FamilyPlan& family : study_.plan.families) {
      for (const VersionPlan& version : family.versions) page += version_section(family, version);
    }
    page += trade_off();
    page += versions();
    page += costs();
    page += layers();
    page += samples();
    return page;
  }

  Html key_figures() const {
    std::vector<KeyFigure> figures;
    size_t held = 0, testable = 0;
    for (const Finding& f : figures_.findings) {
      held += f.verdict == Verdict::holds ? 1 : 0;
      testable += f.verdict != Verdict::not_testable ? 1 : 0;
    }
    figures.push_back({fmt::format("{} of {}", held, figures_.findings.size()), "findings hold",
                       fmt::format("{} could be tested here", testable)});
    for (const auto& [name, part] : {std::pair{"F1", 0}, {"F4", 0}, {"F4", 1}}) {
      const auto found =
          std::find_if(figures_.findings.begin(), figures_.findings.end(),
                       [&, wanted = std::string(name)](const Finding& f) { return f.name == wanted; });
      if (found == figures_.findings.end() || found->parts.size() <= static_cast<size_t>(part)) continue;
      const FindingPart& p = found->parts[static_cast<size_t>(part)];
      figures.push_back(
          {fmt::format("{:+.1f}", p.scale * p.difference.difference), p.what,
           fmt::format("{:+.1f} to {:+.1f}", p.scale * p.difference.low, p.scale * p.difference.high)});
    }
    return html_key_figures(figures);
  }

  Html findings() const {
    Table verdicts{"Verdicts", {"the paper's finding", "in this study"}, {}, 2};
    for (const Finding& f : figures_.findings)
      verdicts.rows.push_back({f.name + ": " + f.claim, verdict_name(f.verdict)});
    Html all = html_table(verdicts);
    for (const Finding& f : figures_.findings) {
      std::string line = fmt::format("{} {}: {}.", f.name, verdict_name(f.verdict), f.claim);
      Html body = html_paragraph(fmt::format("In the paper: {}. Here: {}.", f.paper, f.reason));
      if (!f.parts.empty()) body += html_table(finding_parts_table(f));
      all += html_details(line, body, /*open=*/true);
    }
    all += html_paragraph(kHow);
    return html_section("Which of the paper's findings hold here", all);
  }

  Html version_section(const FamilyPlan& family, const VersionPlan& version) const {
    const Table table = score_table(figures_, family.name, version.name);
    if (table.rows.empty()) return {};
    std::vector<Html> charts;
    for (const std::string& score :
         {study_.plan.scores.instruction, study_.plan.scores.knowledge, study_.plan.scores.quality}) {
      if (score.empty()) continue;
      const XyChart chart = token_chart(figures_, family.name, version.name, score);
      if (!chart.series.empty()) charts.push_back(html_xy_chart(chart));
    }
    Html body;
    if (!charts.empty()) body = html_side_by_side(charts);
    body += html_table(table);
    return html_section(fmt::format("{} {}", family.name, version.name), body);
  }

  Html trade_off() const {
    const XyChart chart = trade_off_chart(figures_);
    if (chart.series.empty()) return {};
    return html_section("The trade-off, and the scale of the residual", html_xy_chart(chart));
  }

  Html versions() const {
    std::vector<Html> maps;
    for (const FamilyPlan& family : study_.plan.families) {
      for (const bool with_cpt : {false, true}) {
        const HeatMap map = version_map(figures_, family, with_cpt);
        if (!map.rows.empty()) maps.push_back(html_heat_map(map));
      }
    }
    return maps.empty()
               ? Html{}
               : html_section("Residuals of one version on the base of another", html_side_by_side(maps));
  }

  Html costs() const {
    std::vector<Html> charts;
    const BarChart arms = cost_chart(figures_), tuning = tuning_chart(figures_);
    if (!arms.bars.empty()) charts.push_back(html_bar_chart(arms));
    if (!tuning.bars.empty()) charts.push_back(html_bar_chart(tuning));
    if (charts.empty()) return {};
    Html body = html_side_by_side(charts);
    if (!figures_.tuning.empty()) {
      body += html_table(tuning_table(figures_));
      body += html_paragraph(kTuning);
    }
    const Table recovery = recovery_table(figures_);
    if (!recovery.rows.empty()) body += html_table(recovery);
    body += html_details("Accounts of all arms", html_table(cost_table(figures_)));
    body += html_paragraph(kCosts);
    return html_section("What it costs", body);
  }

  Html layers() const {
    Html all;
    for (const Inspection& inspection : study_.inspections) {
      // The first seed of each version stands for all: R is the same, and the shifts look alike.
      const auto first =
          std::find_if(study_.inspections.begin(), study_.inspections.end(), [&](const Inspection& i) {
            return i.family == inspection.family && i.version == inspection.version;
          });
      if (&*first != &inspection) continue;
      std::vector<Html> maps;
      for (HeatMap& map : inspection_maps(study_, inspection, directory_)) maps.push_back(html_heat_map(map));
      if (maps.empty()) continue;
      all += html_paragraph(
          fmt::format("{} {}, seed {}: R is instruct - base, S what CPT on {} tokens added to the base.",
                      inspection.family, inspection.version, inspection.seed,
                      human_count(static_cast<double>(inspection.size))));
      all += html_side_by_side(maps);
    }
    return all.text.empty() ? Html{} : html_section("Where R and the shift of CPT lie", all);
  }

  // The answers of the main arms to the same questions.
  Html samples() const {
    std::vector<const ArmGroup*> arms;
    const FamilyPlan& family = study_.plan.families.front();
    for (const auto& [kind, size] : {std::pair{ArmKind::instruct, int64_t{0}},
                                     {ArmKind::instruct_cpt, study_.plan.sizes.back()},
                                     {ArmKind::updated, study_.plan.sizes.back()}}) {
      const ArmGroup* group = find_group(
          study_.plan, figures_.groups,
          {.kind = kind, .family = family.name, .version = family.versions.front().name, .size = size});
      if (group != nullptr) arms.push_back(group);
    }
    if (arms.empty() || arms.front()->results.front()->samples.empty()) return {};
    Html all;
    const auto& questions = arms.front()->results.front()->samples;
    for (size_t i = 0; i < questions.size(); ++i) {
      Table table{questions[i].question, {"model", "answer"}, {}, 2};
      for (const ArmGroup* arm : arms) {
        const auto& answers = arm->results.front()->samples;
        if (i < answers.size()) table.rows.push_back({arm->arm.label(), answers[i].answer});
      }
      table.rows.push_back({"(right)", questions[i].wanted});
      all += html_paragraph("“" + questions[i].question + "”");
      all += html_table(table);
    }
    return html_section("The same questions to three models", all);
  }

  std::string markdown() const {
    std::string text = fmt::format("# {}\n\n{}\n\n## Findings\n\n{}\n{}\n", study_.plan.name, subtitle(),
                                   markdown_table(finding_table(figures_)), kHow);
    for (const Finding& f : figures_.findings) {
      if (!f.parts.empty()) text += "\n" + markdown_table(finding_parts_table(f));
    }
    text += "\n## Scores\n";
    for (const FamilyPlan& family : study_.plan.families) {
      for (const VersionPlan& version : family.versions)
        text += "\n" + markdown_table(score_table(figures_, family.name, version.name));
    }
    text += fmt::format("\n## Costs\n\n{}\n\n{}", kCosts, markdown_table(cost_table(figures_)));
    if (!figures_.tuning.empty())
      text += fmt::format("\n{}\n\n{}", kTuning, markdown_table(tuning_table(figures_)));
    return text + "\n" + markdown_table(recovery_table(figures_));
  }

  std::string json() const {
    OrderedJson json = {{"study", study_.plan.name},
                        {"steps", study_.steps.size()},
                        {"finished", figures_.results.finished_steps()},
                        {"flops", figures_.results.total.total().flops},
                        {"core_seconds", figures_.results.total.total().core_seconds}};
    for (const Finding& f : figures_.findings)
      json["findings"].push_back(
          {{"name", f.name}, {"claim", f.claim}, {"verdict", verdict_name(f.verdict)}, {"reason", f.reason}});
    return to_text(json);
  }

  const Study& study_;
  fs::path directory_;
  StudyFigures figures_;
};

}  // namespace

StudyReport make_report(const Study& study, const fs::path& directory) {
  return Report(study, directory).make();
}

void write_report(const StudyReport& report, const fs::path& out) {
  fs::create_directories(out);
  replace_file(out / "report.md", report.markdown);
  replace_file(out / "scores.csv", report.scores_csv);
  replace_file(out / "costs.csv", report.costs_csv);
  replace_file(out / "findings.csv", report.findings_csv);
  replace_file(out / "index.html", report.html);
}

}  // namespace evergreen::study
