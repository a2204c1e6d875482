#include "evergreen/residual/recorded_combination.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/residual/compatibility.hpp"
#include "evergreen/residual/residual_source.hpp"
#include "evergreen/residual/scale_rules.hpp"
#include "evergreen/residual/token_rows.hpp"

namespace evergreen {
namespace {

constexpr std::array kKnown = {"scale",   "scale by tensor", "weights", "merge",
                               "density", "added-tokens",    "dtype"};
constexpr const char* kAdvice = "pass the inputs it was made of, or --against-recorded";

// The settings of evergreen.json, as numbers and rules.
class Settings {
 public:
  Settings(const Provenance& provenance, std::string where)
      : settings_(provenance.settings), where_(std::move(where)) {
    for (const auto& [name, value] : settings_) {
      if (std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end()) continue;
      throw Error(ErrorKind::input,
                  fmt::format("this version cannot compute again what '{}' = '{}' did", name, value), where_,
                  "its hashes can be verified: leave out the inputs");
    }
  }

  std::string text(const std::string& name, const std::string& otherwise) const {
    const auto found = settings_.find(name);
    return found == settings_.end() ? otherwise : found->second;
  }

  double number(const std::string& name, double otherwise) const {
    const auto found = settings_.find(name);
    return found == settings_.end() ? otherwise : parse(name, found->second);
  }

  std::vector<double> weights(size_t count) const {
    std::vector<double> weights;
    std::istringstream list(text("weights", ""));
    for (std::string weight; std::getline(list >> std::ws, weight, ',');)
      weights.push_back(parse("weights", weight));
    if (weights.empty()) weights.assign(count, 1.0);
    if (weights.size() == count) return weights;
    throw Error(ErrorKind::usage,
                fmt::format("the output was made of {} residuals, not of {}", weights.size(), count), where_,
                "pass them all, in their order");
  }

  // "--scale PATTERN=0.5 --include PATTERN --exclude PATTERN", as ScaleRules::text() writes them.
  ScaleRules rules() const {
    ScaleRules rules;
    std::istringstream words(text("scale by tensor", ""));
    for (std::string option, value; words >> option >> value;) {
      if (option == "--include") {
        rules.include.emplace_back(value);
      } else if (option == "--exclude") {
        rules.exclude.emplace_back(value);
      } else {
        const size_t equals = std::min(value.rfind('='), value.size());
        rules.scales.emplace_back(NamePattern(value.substr(0, equals)),
                                  parse("scale by tensor", value.substr(std::min(value.size(), equals + 1))));
      }
    }
    return rules;
  }

 private:
  double parse(const std::string& name, const std::string& text) const {
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [rest, failed] = std::from_chars(text.data(), end, number);
    if (failed == std::errc() && rest == end && std::isfinite(number)) return number;
    throw Error(ErrorKind::input, fmt::format("'{}' is '{}', which is not a number", name, text), where_);
  }

  std::map<std::string, std::string> settings_;
  std::string where_;
};

std::string operation_of(const CheckpointReader& output, const ArithmeticInputs& in) {
  const bool stored = is_residual(output);
  if (in.base && in.instruct && in.residuals.empty() && stored != (in.new_base != nullptr)) {
    return stored ? "extract" : "graft";
  }
  if (in.new_base && !in.residuals.empty() && !in.base && !in.instruct && !stored) return "apply";
  throw Error(
      ErrorKind::usage,
      stored ? "a residual is made of a base and an instruct model"
             : "an updated model is made of a new base with a base and an instruct model, or with residuals",
      output.path().string(), kAdvice);
}

// As the operations align rows: every other input against the instruct model, or against the first residual.
RowAlignment aligned_rows(const ArithmeticInputs& in, AddedTokens missing) {
  const Role to = in.residuals.empty() ? Role{"instruct model", in.instruct.get()}
                                       : Role{"residual", in.residuals.front().stored.get()};
  if (to.reader == nullptr)
    throw Error(ErrorKind::usage, "rows were aligned with a residual that is not given", {}, kAdvice);
  RowAlignment rows;
  rows.missing = missing;
  if (in.base) rows.b = align_roles({"base", in.base.get()}, to, missing).rows;
  if (in.new_base) rows.c0 = align_roles({"new base", in.new_base.get()}, to, missing).rows;
  if (!in.base) rows.b = rows.c0;
  if (!in.new_base) rows.c0 = rows.b;
  return rows;
}

}  // namespace

std::vector<std::pair<std::string, const CheckpointReader*>> ArithmeticInputs::by_role() const {
  std::vector<std::pair<std::string, const CheckpointReader*>> all;
  if (new_base) all.emplace_back("new base", new_base.get());
  if (base) all.emplace_back("base", base.get());
  if (instruct) all.emplace_back("instruct model", instruct.get());
  for (size_t k = 0; k < residuals.size(); ++k) {
    const std::string number = residuals.size() == 1 ? "" : fmt::format(" {}", k + 1);
    if (residuals[k].stored) all.emplace_back("residual" + number, residuals[k].stored.get());
    if (!residuals[k].source) continue;
    for (const Role& input : residuals[k].source->inputs())
      all.emplace_back(input.name + number, input.reader);
  }
  return all;
}

ArithmeticInputs recorded_inputs(const Provenance& provenance, const OpenAdapterFn& open_adapter) {
  ArithmeticInputs in;
  for (size_t i = 0; i < provenance.inputs.size(); ++i) {
    const ProvenanceInput& input = provenance.inputs[i];
    const auto open = [](const std::string& path) { return std::make_shared<const CheckpointReader>(path); };
    if (input.role == "new base") in.new_base = open(input.path);
    if (input.role == "base") in.base = open(input.path);
    if (input.role == "instruct model") in.instruct = open(input.path);
    if (input.role.starts_with("residual")) in.residuals.emplace_back(open(input.path));
    if (!input.role.starts_with("adapter") || !open_adapter || !in.new_base) continue;
    std::shared_ptr<const CheckpointReader> base;  // recorded behind it
    if (i + 1 < provenance.inputs.size() && provenance.inputs[i + 1].role.starts_with("base"))
      base = open(provenance.inputs[++i].path);
    in.residuals.emplace_back(open_adapter(input.path, in.new_base, base));
  }
  if ((in.base && in.instruct) || (in.new_base && !in.residuals.empty())) return in;
  throw Error(ErrorKind::input, "evergreen.json does not record the inputs of a residual's arithmetic", {},
              "pass --new-base, --base and --instruct");
}

RecordedCombination recorded_combination(const CheckpointReader& output, const Provenance& provenance,
                                         const ArithmeticInputs& inputs) {
  const Settings settings(provenance, (output.directory() / kProvenanceFile).string());
  RecordedCombination recorded{operation_of(output, inputs), settings.text("scale", ""), {}};
  Combination& combination = recorded.combination;
  combination.c0 = inputs.new_base.get();
  if (inputs.residuals.empty()) {
    combination.terms = {{inputs.instruct.get(), inputs.base.get()}};
  } else {
    const std::vector<double> weights = settings.weights(inputs.residuals.size());
    for (size_t k = 0; k < weights.size(); ++k) {
      const GivenResidual& residual = inputs.residuals[k];
      combination.terms.push_back({residual.stored.get(), nullptr, weights[k], residual.source.get()});
    }
  }
  combination.scale = [rules = settings.rules(), scale = settings.number("scale", 1)](
                          const std::string& name) { return rules.of(name, scale); };
  combination.merge.method = merge_method_from_name(settings.text("merge", "sum"));
  combination.merge.density = settings.number("density", 1);
  combination.merge.seed = provenance.seed.value_or(0);
  const std::string added_tokens = settings.text("added-tokens", "");
  if (!added_tokens.empty()) combination.rows = aligned_rows(inputs, added_tokens_from_name(added_tokens));
  return recorded;
}

}  // namespace evergreen
