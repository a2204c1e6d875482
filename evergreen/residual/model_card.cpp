#include "evergreen/residual/model_card.hpp"

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/base/version.hpp"

namespace evergreen {
namespace {

// As a YAML string: JSON's are a part of YAML's.
std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string front_matter(const Provenance& provenance, bool residual) {
  std::string text = "---\nlibrary_name: transformers\n";
  if (!residual) text += "pipeline_tag: text-generation\n";
  text += "base_model:\n";
  for (const ProvenanceInput& input : provenance.inputs)
    text += fmt::format("- {}\n", quoted(hub_name(input.path)));
  text += "tags:\n- evergreen\n- instruction-residual\n";
  if (!residual) text += "- merge\n";
  return text + "---\n";
}

std::string method(const std::string& operation) {
  if (operation == "extract") {
    return "This is an **instruction residual**: what instruction tuning added to a base model's weights, "
           "tensor by tensor.\n"
           "It is not a model. Add it to a base model that has learned something new since:\n\n"
           "    R = instruct - base\n    updated = new_base + scale * R\n";
  }
  if (operation == "apply") {
    return "An instruction-tuned model brought up to date without instruction data: a base model that was "
           "pre-trained "
           "further,\nplus the instruction residual.\n\n    updated = new_base + scale * R\n";
  }
  return "An instruction-tuned model brought up to date without instruction data: a base model that was "
         "pre-trained "
         "further,\nplus what instruction tuning had added to the old base.\n\n"
         "    updated = new_base + scale * (instruct - base)\n";
}

std::string inputs_table(const Provenance& provenance) {
  std::string text = "| Role | Model | Content hash |\n|---|---|---|\n";
  for (const ProvenanceInput& input : provenance.inputs) {
    text += fmt::format("| {} | {} | `{}` |\n", input.role, hub_name(input.path), input.hash);
  }
  return text;
}

}  // namespace

std::string hub_name(const fs::path& path) {
  for (const fs::path& part : path) {
    const std::string name = part.string();
    if (!name.starts_with("models--")) continue;
    const size_t separator = name.find("--", 8);
    if (separator != std::string::npos)
      return name.substr(8, separator - 8) + "/" + name.substr(separator + 2);
  }
  const fs::path normal = fs::absolute(path).lexically_normal();
  return (normal.has_filename() ? normal : normal.parent_path()).filename().string();
}

std::string make_model_card(const std::string& name, const Provenance& provenance,
                            const ResidualReport& report, const std::string& command_line) {
  std::string text = front_matter(provenance, report.operation == "extract");
  text += fmt::format("\n# {}\n\n{}\n", name, method(report.operation));
  text +=
      "The method: *Balancing Continuous Pre-Training and Instruction Fine-Tuning*, "
      "[arXiv 2410.10739](https://arxiv.org/abs/2410.10739).\n\n";
  for (const auto& [setting, value] : provenance.settings) text += fmt::format("- {}: {}\n", setting, value);
  text += fmt::format("- parameters: {}\n- |scale * R| / |base|: {:.6g}\n", report.parameters,
                      report.total.relative());
  if (report.loss) {
    text += fmt::format(
        "- lost by storing in {}: {:.3g} % of |R|, at most {:.3g} in an element; base + R differs from the "
        "instruct "
        "model in {:.3g} % of the elements\n",
        report.loss->dtype, 100 * report.loss->relative_error, report.loss->max_error,
        100 * report.loss->changed_share);
  }
  return text + make_card_ending(provenance, report.notes, command_line);
}

std::string make_card_ending(const Provenance& provenance, const std::vector<std::string>& notes,
                             const std::string& command_line) {
  std::string text = fmt::format("\n## Made from\n\n{}", inputs_table(provenance));
  if (!notes.empty()) text += "\n## Notes\n\n";
  for (const std::string& note : notes) text += fmt::format("- {}\n", note);
  text += fmt::format("\nMade by evergreen {}", kVersion);
  text += command_line.empty() ? ".\n" : fmt::format(":\n\n    {}\n", command_line);
  text += fmt::format("\nContent hash of these weights: `{}`. `evergreen residual verify DIR` checks it.\n",
                      provenance.weights_hash);
  return text;
}

}  // namespace evergreen
