#include "evergreen/residual/inspect_page.hpp"

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/base/version.hpp"
#include "evergreen/residual/inspect_tables.hpp"

namespace evergreen {
namespace {

Html not_finite_section(const std::vector<NotFiniteTensor>& tensors) {
  if (tensors.empty()) return {};
  Html body =
      html_paragraph("These elements are left out of all norms. extract, apply and graft refuse them.");
  body += html_table(not_finite_table(tensors));
  return html_section("NaN and infinity", body);
}

Html notes_section(const std::vector<std::string>& notes) {
  return notes.empty() ? Html() : html_section("Notes", html_list(notes));
}

Html maps_side_by_side(const std::vector<HeatMap>& maps) {
  std::vector<Html> drawn;
  drawn.reserve(maps.size());
  for (const HeatMap& map : maps) drawn.push_back(html_heat_map(map));
  return html_side_by_side(drawn);
}

Html figures(const InspectReport& report) {
  const InspectGroup& total = report.total;
  std::vector<KeyFigure> all = {{human_count(static_cast<double>(total.parameters)), "parameters", ""}};
  if (report.has_base) {
    all.push_back({value_text(total.relative), "|R| / |base|", "what instruction tuning added"});
  } else {
    all.push_back({human_number(total.norm), report.of_residual ? "|R|" : "norm", ""});
  }
  if (report.has_shift) {
    all.push_back({value_text(total.shift_relative), "|S| / |base|", "what CPT added"});
    all.push_back({value_text(total.cosine), "cos(R, S)", "0: they do not interfere"});
  }
  if (report.of_residual) all.push_back({percent_text(total.changed_share), "of the elements change", ""});
  if (total.rank_share) {
    all.push_back({percent_text(total.rank_share), "effective rank", "of what the sample can show"});
  }
  all.push_back({fmt::to_string(not_finite_count(report.not_finite)), "NaN or infinite", ""});
  return html_key_figures(all);
}

Html method(const InspectReport& report) {
  std::vector<std::string> lines;
  if (report.of_residual)
    lines.push_back(
        "R = instruct - base, or the stored residual: what instruction tuning added (arXiv 2410.10739).");
  if (report.has_shift) {
    lines.push_back(
        "S = new base - base: what continued pre-training added. cos(R, S) near 0 means that the two moved "
        "in "
        "unrelated directions; near -1 that one undoes the other.");
  }
  lines.push_back(
      "Norms are Frobenius norms, computed in float64 over every element. A group's norm is that of all its "
      "tensors taken together.");
  if (report.of_residual)
    lines.push_back("Changed: elements that instruct stores as another number than base.");
  if (report.sample.rows > 0) {
    lines.push_back(
        fmt::format("Effective rank: exp of the entropy of the normalised singular values (Roy and Vetterli, "
                    "2007), of up to {} rows "
                    "of each matrix of R, drawn at random (seed {}). It cannot exceed the number of rows "
                    "drawn; a share near 100 % "
                    "says only that no few directions carry R. Of groups: the mean share of their matrices.",
                    report.sample.rows, report.sample.seed));
  }
  if (report.carried_tensors > 0) {
    lines.push_back(
        fmt::format("{} tensors without arithmetic (integers, 8-bit floats) are in no number here.",
                    report.carried_tensors));
  }
  return html_section("How this was computed", html_list(lines));
}

std::string footer(uint64_t bytes, double seconds) {
  return fmt::format("evergreen {} read {} in {}.", kVersion, human_bytes(static_cast<double>(bytes)),
                     human_seconds(seconds));
}

Html tables_section(const InspectReport& report) {
  Html tables = html_details("By layer", html_table(group_table(report, "layer", report.layers)));
  tables += html_details("By kind of module", html_table(group_table(report, "kind", report.kinds)), true);
  tables += html_details("By tensor", html_table(group_table(report, "tensor", report.tensors)));
  return html_section("Numbers", tables);
}

Html comparison_method(const CheckpointComparison& comparison) {
  return html_section("How this was computed",
                      html_list({fmt::format("Reference: {} ({}).", comparison.reference,
                                             comparison.with_base ? "the base" : "the first checkpoint"),
                                 "Relative norm: |checkpoint - reference| / |reference|, Frobenius, in "
                                 "float64 over every element; of a "
                                 "residual against a base |R| / |base|.",
                                 "Direction: what takes the reference to the checkpoint; a residual is its "
                                 "own. Cosine 1: the same way; 0: "
                                 "nothing in common; -1: opposite ways."}));
}

}  // namespace

std::string inspect_page(const InspectReport& report) {
  const CheckpointSummary& subject = report.checkpoints.at(report.has_base ? 1 : 0);
  Html body = figures(report);
  body += notes_section(report.notes);
  body += not_finite_section(report.not_finite);
  body += html_section("Layers and modules", maps_side_by_side(inspect_maps(report)));
  body += tables_section(report);
  body += html_section("Checkpoints", html_table(checkpoint_table(report.checkpoints)));
  body += method(report);
  std::string subtitle = report.of_residual ? "instruction residual" : "weights";
  if (report.has_base) subtitle += " against " + last_name(report.checkpoints[0].path);
  if (report.has_shift) subtitle += ", beside CPT to " + last_name(report.checkpoints[2].path);
  return html_page({last_name(subject.path), subtitle, footer(report.bytes_read, report.seconds), body});
}

std::string comparison_page(const CheckpointComparison& comparison) {
  Html body = notes_section(comparison.notes);
  body += html_section("Checkpoints", html_table(comparison_table(comparison)));
  body += not_finite_section(comparison.not_finite);
  const std::vector<HeatMap> maps = comparison_maps(comparison);
  if (!maps.empty()) body += html_section("Distances and directions", maps_side_by_side(maps));
  body += comparison_method(comparison);
  return html_page({fmt::format("{} checkpoints", comparison.checkpoints.size()),
                    "compared with " + last_name(comparison.reference),
                    footer(comparison.bytes_read, comparison.seconds), body});
}

}  // namespace evergreen
