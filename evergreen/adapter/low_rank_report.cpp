#include "evergreen/adapter/low_rank_report.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/residual/residual_report.hpp"

namespace evergreen {
namespace {

using Kept = LowRankTensor::Kept;

// Squares until all are added; then norms.
struct GroupSum {
  LowRankGroup group;
  double residual_squares = 0, error_squares = 0;

  void add(const LowRankTensor& tensor) {
    if (tensor.kept == Kept::low_rank) {
      group.least_rank = group.least_rank == 0 ? tensor.rank : std::min(group.least_rank, tensor.rank);
      group.largest_rank = std::max(group.largest_rank, tensor.rank);
    }
    ++group.tensors;
    group.parameters += tensor.parameters;
    group.bytes += tensor.bytes;
    residual_squares += tensor.residual_squares;
    error_squares += tensor.error_squares;
  }
  LowRankGroup finish(const std::string& name, Kept kept) {
    group.name = name;
    group.kept = kept;
    group.residual_norm = std::sqrt(residual_squares);
    group.error_norm = std::sqrt(error_squares);
    return group;
  }
};

std::vector<LowRankGroup> by_kind(const std::vector<LowRankTensor>& tensors) {
  std::vector<std::pair<std::string, Kept>> order;
  std::map<std::pair<std::string, Kept>, GroupSum> sums;
  for (const LowRankTensor& tensor : tensors) {
    const std::pair<std::string, Kept> key = {kind_of(tensor.name), tensor.kept};
    if (!sums.contains(key)) order.push_back(key);
    sums[key].add(tensor);
  }
  std::vector<LowRankGroup> kinds;
  for (const auto& key : order) kinds.push_back(sums[key].finish(key.first, key.second));
  return kinds;
}

std::string rank_text(const LowRankGroup& group) {
  if (group.kept == Kept::whole) return "whole";
  if (group.kept == Kept::left_out) return "left out";
  if (group.least_rank == group.largest_rank) return fmt::format("{}", group.least_rank);
  return fmt::format("{}-{}", group.least_rank, group.largest_rank);
}

std::string kept_text(Kept kept) {
  return kept == Kept::low_rank ? "low_rank" : kept == Kept::whole ? "whole" : "left_out";
}

OrderedJson to_json(const LowRankGroup& group) {
  return {{"name", group.name},
          {"kept", kept_text(group.kept)},
          {"tensors", group.tensors},
          {"parameters", group.parameters},
          {"least_rank", group.least_rank},
          {"largest_rank", group.largest_rank},
          {"residual_norm", group.residual_norm},
          {"error_norm", group.error_norm},
          {"relative_error", group.error()},
          {"bytes", group.bytes}};
}

OrderedJson to_json(const LowRankTensor& tensor) {
  const double norm = std::sqrt(tensor.residual_squares), error = std::sqrt(tensor.error_squares);
  return {{"name", tensor.name},
          {"kept", kept_text(tensor.kept)},
          {"rank", tensor.rank},
          {"parameters", tensor.parameters},
          {"residual_norm", norm},
          {"error_norm", error},
          {"relative_error", norm > 0 ? error / norm : 0},
          {"bytes", tensor.bytes}};
}

}  // namespace

LowRankReport make_low_rank_report(std::vector<LowRankTensor> tensors) {
  LowRankReport report;
  GroupSum low_rank, whole, left_out, total;
  double base_squares = 0;
  for (const LowRankTensor& tensor : tensors) {
    (tensor.kept == Kept::low_rank ? low_rank : tensor.kept == Kept::whole ? whole : left_out).add(tensor);
    total.add(tensor);
    base_squares += tensor.base_squares;
  }
  report.kinds = by_kind(tensors);
  report.low_rank = low_rank.finish("low rank", Kept::low_rank);
  report.whole = whole.finish("whole", Kept::whole);
  report.left_out = left_out.finish("left out", Kept::left_out);
  report.total = total.finish("all", Kept::low_rank);
  report.base_norm = std::sqrt(base_squares);
  report.each = std::move(tensors);
  return report;
}

std::string low_rank_table(const LowRankReport& report) {
  std::vector<LowRankGroup> rows = report.kinds;
  rows.push_back(report.total);
  size_t width = 4;
  for (const LowRankGroup& row : rows) width = std::max(width, row.name.size());
  std::string text = fmt::format("{:<{}}  {:>7}  {:>14}  {:>9}  {:>10}  {:>9}  {:>14}\n", "kind", width,
                                 "tensors", "parameters", "rank", "|R|", "error", "bytes");
  for (const LowRankGroup& row : rows) {
    text +=
        fmt::format("{:<{}}  {:>7}  {:>14}  {:>9}  {:>10.4g}  {:>9.3g}  {:>14}\n", row.name, width,
                    row.tensors, row.parameters, rank_text(row), row.residual_norm, row.error(), row.bytes);
  }
  return text;
}

std::string to_json_text(const LowRankReport& report) {
  OrderedJson json = {{"operation", "extract"},
                      {"adapter", true},
                      {"dtype", report.dtype},
                      {"residual_norm", report.total.residual_norm},
                      {"base_norm", report.base_norm},
                      {"relative_error", report.total.error()},
                      {"low_rank", to_json(report.low_rank)},
                      {"whole", to_json(report.whole)},
                      {"left_out", to_json(report.left_out)},
                      {"total", to_json(report.total)}};
  json["kinds"] = OrderedJson::array();
  for (const LowRankGroup& kind : report.kinds) json["kinds"].push_back(to_json(kind));
  json["each"] = OrderedJson::array();
  for (const LowRankTensor& tensor : report.each) json["each"].push_back(to_json(tensor));
  json["notes"] = report.notes;
  json["weights"] = report.weights_hash;
  json["bytes_written"] = report.bytes_written;
  json["seconds"] = report.seconds;
  return to_text(json);
}

}  // namespace evergreen
