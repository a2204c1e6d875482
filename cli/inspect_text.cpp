#include "cli/inspect_text.hpp"

#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/residual/inspect_tables.hpp"

namespace evergreen::cli {
namespace {

// "base            llama, LlamaForCausalLM, BF16, 1236 M parameters, 2.47 GB in 1 file"
std::string checkpoint_line(const CheckpointSummary& summary) {
  std::string line = fmt::format("{:<15} {}: {}", summary.role, summary.path,
                                 summary.architecture.empty() ? summary.kind : summary.architecture);
  for (const auto& [dtype, parameters] : summary.parameters_by_dtype) line += ", " + dtype;
  return line + fmt::format(", {} parameters, {} in {} {}\n",
                            human_count(static_cast<double>(summary.parameters)),
                            human_bytes(static_cast<double>(summary.bytes)), summary.shards.size(),
                            summary.shards.size() == 1 ? "file" : "files");
}

std::string not_finite_text(const std::vector<NotFiniteTensor>& tensors) {
  if (tensors.empty()) return "no NaN, nothing infinite\n";
  return fmt::format("{} elements are NaN or infinite; they are left out of all norms\n",
                     not_finite_count(tensors)) +
         text_table(not_finite_table(tensors));
}

std::string total_text(const InspectReport& report) {
  const InspectGroup& total = report.total;
  if (!report.has_base) {
    return fmt::format("{} = {}, root mean square {}\n", report.of_residual ? "|R|" : "norm",
                       human_number(total.norm), human_number(total.root_mean_square()));
  }
  std::string text = fmt::format("|R|/|base| = {}", value_text(total.relative));
  if (report.has_shift) {
    text += fmt::format(", |S|/|base| = {}, cos(R, S) = {}", value_text(total.shift_relative),
                        value_text(total.cosine));
  }
  return text + fmt::format("; {} of the elements change\n", percent_text(total.changed_share));
}

std::string map_text(const HeatMap& map, TerminalColour colour) {
  return fmt::format("\n{}: {}\n{}", map.title, map.meaning, text_heat_map(map, colour));
}

}  // namespace

TerminalColour terminal_colour(bool styled) {
  const char* colours = std::getenv("COLORTERM");
  if (!styled) return TerminalColour::none;
  const std::string_view kind = colours == nullptr ? "" : colours;
  return kind == "truecolor" || kind == "24bit" ? TerminalColour::of_all : TerminalColour::of_256;
}

std::string summary_text(const CheckpointSummary& summary, bool tensors) {
  std::string text = checkpoint_line(summary);
  for (const auto& [dtype, parameters] : summary.parameters_by_dtype) {
    text += fmt::format("  {:<8} {:>16} parameters\n", dtype, parameters);
  }
  if (!tensors) return text;
  for (const TensorInfo& tensor : summary.tensors) {
    text +=
        fmt::format("  {:<8} {:<20} {}\n", dtype_name(tensor.dtype), shape_text(tensor.shape), tensor.name);
  }
  return text;
}

std::string inspect_text(const InspectReport& report, bool tensors, TerminalColour colour) {
  std::string text;
  for (const CheckpointSummary& summary : report.checkpoints) text += checkpoint_line(summary);
  text += not_finite_text(report.not_finite) + total_text(report) + "\n";
  text += text_table(group_table(report, "layer", report.layers, {.norms = false})) + "\n";
  text += text_table(group_table(report, "kind", report.kinds, {.norms = false}));
  if (tensors) {
    text += "\n" +
            text_table(group_table(report, "tensor", report.tensors, {.parameters = false, .norms = false}));
  }
  const std::vector<HeatMap> maps = inspect_maps(report);
  // The others have a column in the tables above, and a map on the page.
  for (size_t i = 0; i < (report.has_shift ? 3U : 1U); ++i) text += map_text(maps[i], colour);
  return text;
}

std::string comparison_text(const CheckpointComparison& comparison, TerminalColour colour) {
  std::string text;
  for (size_t i = 0; i < comparison.checkpoints.size(); ++i) {
    text += fmt::format("{:>3}  {}\n", i + 1, comparison.checkpoints[i].summary.path);
  }
  text +=
      fmt::format("reference: {} ({})\n", comparison.reference, comparison.with_base ? "base" : "the first");
  text += not_finite_text(comparison.not_finite) + "\n" + text_table(comparison_table(comparison));
  const std::vector<HeatMap> maps = comparison_maps(comparison);
  if (maps.size() > 1) text += "\ncosines\n" + text_table(cosine_table(comparison));
  if (!maps.empty() && maps.front().row_title == "layer") text += map_text(maps.front(), colour);
  return text;
}

}  // namespace evergreen::cli
