#include "evergreen/residual/residual_report.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

std::vector<std::string> components(const std::string& name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The position of the layer's number among the parts of the name, or their count.
size_t layer_position(const std::vector<std::string>& parts) {
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    if (is_number(parts[i])) return i;
  }
  return parts.size();
}

// Squares until all are added; then norms.
struct GroupSum {
  uint64_t parameters = 0;
  double added = 0, base = 0;

  void add(const TensorSums& tensor) {
    parameters += tensor.elements;
    added += tensor.sums.added_squares;
    base += tensor.sums.base_squares;
  }
  NormGroup group(std::string name) const {
    return {std::move(name), parameters, std::sqrt(added), std::sqrt(base)};
  }
};

OrderedJson to_json(const NormGroup& group) {
  return {{"name", group.name},
          {"parameters", group.parameters},
          {"residual_norm", group.residual_norm},
          {"base_norm", group.base_norm},
          {"relative_norm", group.relative()}};
}

OrderedJson to_json(const std::vector<NormGroup>& groups) {
  OrderedJson json = OrderedJson::array();
  for (const NormGroup& group : groups) json.push_back(to_json(group));
  return json;
}

}  // namespace

std::optional<uint64_t> layer_of(const std::string& tensor) {
  const std::vector<std::string> parts = components(tensor);
  const size_t position = layer_position(parts);
  if (position == parts.size()) return std::nullopt;
  return std::stoull(parts[position]);
}

std::string kind_of(const std::string& tensor) {
  std::vector<std::string> parts = components(tensor);
  const size_t position = layer_position(parts);
  if (position < parts.size()) {
    parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(position) + 1);
  } else if (parts.size() > 1 && (parts.front() == "model" || parts.front() == "transformer")) {
    parts.erase(parts.begin());
  }
  if (parts.size() > 1 && parts.back() == "weight") parts.pop_back();
  std::string kind;
  for (const std::string& part : parts) kind += (kind.empty() ? "" : ".") + (is_number(part) ? "*" : part);
  return kind;
}

ResidualReport make_report(const std::string& operation, const CombineResult& result) {
  ResidualReport report;
  report.operation = operation;
  report.bytes_read = result.bytes_read;
  report.bytes_written = result.bytes_written;
  report.continued_parameters = result.continued_elements;
  report.seconds = result.seconds;
  std::map<uint64_t, GroupSum> layers;
  std::map<std::string, GroupSum> kinds;
  GroupSum total;
  for (const TensorSums& tensor : result.tensors) {
    ++report.tensors;
    report.parameters += tensor.elements;
    if (tensor.carried) {
      ++report.carried_tensors;
      continue;
    }
    GroupSum alone;
    alone.add(tensor);
    report.each.push_back(alone.group(tensor.name));
    if (const auto layer = layer_of(tensor.name)) layers[*layer].add(tensor);
    kinds[kind_of(tensor.name)].add(tensor);
    total.add(tensor);
  }
  report.total = total.group("all");
  for (const auto& [layer, sum] : layers) report.layers.push_back(sum.group(fmt::format("layer {}", layer)));
  for (const auto& [kind, sum] : kinds) report.kinds.push_back(sum.group(kind));
  return report;
}

StoreLoss store_loss(const CombineResult& result, Dtype dtype) {
  StoreLoss loss;
  loss.dtype = dtype_name(dtype);
  uint64_t elements = 0;
  double squares = 0, residual_squares = 0;
  for (const TensorSums& tensor : result.tensors) {
    loss.max_error = std::max(loss.max_error, tensor.sums.loss_max);
    loss.changed += tensor.sums.changed;
    squares += tensor.sums.loss_squares;
    residual_squares += tensor.sums.added_squares;
    elements += tensor.elements;
  }
  if (elements > 0) {
    loss.rms_error = std::sqrt(squares / static_cast<double>(elements));
    loss.changed_share = static_cast<double>(loss.changed) / static_cast<double>(elements);
  }
  if (residual_squares > 0) loss.relative_error = std::sqrt(squares / residual_squares);
  return loss;
}

std::string to_json_text(const ResidualReport& report) {
  OrderedJson json = {{"operation", report.operation},
                      {"tensors", report.tensors},
                      {"carried_tensors", report.carried_tensors},
                      {"parameters", report.parameters},
                      {"residual_norm", report.total.residual_norm},
                      {"base_norm", report.total.base_norm},
                      {"relative_norm", report.total.relative()}};
  if (report.loss) {
    json["store_loss"] = {{"dtype", report.loss->dtype},
                          {"max_error", report.loss->max_error},
                          {"rms_error", report.loss->rms_error},
                          {"relative_error", report.loss->relative_error},
                          {"changed_elements", report.loss->changed},
                          {"changed_share", report.loss->changed_share}};
  }
  json["layers"] = to_json(report.layers);
  json["kinds"] = to_json(report.kinds);
  json["each"] = to_json(report.each);
  json["notes"] = report.notes;
  if (!report.weights_hash.empty()) json["weights"] = report.weights_hash;
  if (report.part) json["part"] = {{"index", report.part->index + 1}, {"count", report.part->count}};
  json["continued_parameters"] = report.continued_parameters;
  json["bytes_read"] = report.bytes_read;
  json["bytes_written"] = report.bytes_written;
  json["seconds"] = report.seconds;
  return to_text(json);
}

}  // namespace evergreen
