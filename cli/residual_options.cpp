#include "cli/residual_options.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/validators.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen::cli {
namespace {

std::optional<Dtype> parse_dtype(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto dtype = dtype_from_option(name);
  if (!dtype || !has_arithmetic(*dtype)) {
    throw Error(ErrorKind::usage, fmt::format("'{}' is not a dtype for weights", name), "--dtype",
                suggest_name(name, {"bf16", "f16", "f32", "f64"}));
  }
  return dtype;
}

std::string shell_word(const std::string& word) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./:=,+@%").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

void add_output_options(CLI::App& command, ResidualArgs& args) {
  command.add_option("--out", args.out, "directory to make; must not exist")->required()->type_name("DIR");
  command.add_option("--dtype", args.dtype, "bf16, f16, f32 or f64")->type_name("DTYPE");
  command.add_option("--threads", args.options.threads, "0: one for each core")
      ->check(not_negative());
  command.add_option("--max-shard-size", args.options.max_shard_bytes, "of a file, in bytes or as 5GB")
      ->transform(CLI::AsSizeValue(true))
      ->type_name("BYTES");
  command.add_flag("--weights-only", args.weights_only, "no configuration, tokenizer and card");
}

ResidualOptions finish_options(const CLI::App& command, const ResidualArgs& args, Console& console) {
  ResidualOptions options = args.options;
  options.dtype = parse_dtype(args.dtype);
  options.model_files = !args.weights_only;
  options.command = command_line(command);
  options.progress = console.progress();
  options.stop = &console.stop;
  return options;
}

std::string command_line(const CLI::App& command) {
  std::string line = command.get_name();
  for (const CLI::App* parent = command.get_parent(); parent != nullptr; parent = parent->get_parent()) {
    line = (parent->get_name().empty() ? "evergreen" : parent->get_name()) + " " + line;
  }
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0) continue;
    if (!option->get_lnames().empty()) line += " --" + option->get_lnames().front();
    if (option->get_expected_min() == 0) continue;  // a flag
    for (const std::string& value : option->results()) line += " " + shell_word(value);
  }
  return line;
}

std::string norm_table(const std::string& title, const std::vector<NormGroup>& groups) {
  size_t width = title.size();
  bool compared = false;
  for (const NormGroup& group : groups) {
    width = std::max(width, group.name.size());
    compared = compared || group.base_norm > 0;
  }
  std::string text = fmt::format("{:<{}}  {:>14}  {:>10}", title, width, "parameters", "|R|");
  text += compared ? fmt::format("  {:>10}  {:>10}\n", "|base|", "|R|/|base|") : "\n";
  for (const NormGroup& group : groups) {
    text +=
        fmt::format("{:<{}}  {:>14}  {:>10.4g}", group.name, width, group.parameters, group.residual_norm);
    text += compared ? fmt::format("  {:>10.4g}  {:>10.4g}\n", group.base_norm, group.relative()) : "\n";
  }
  return text;
}

void print_report(const ResidualReport& report, const fs::path& out, Console& console) {
  for (const std::string& note : report.notes) console.note(note);
  std::string text = fmt::format(
      "{}: {} tensors, {} parameters, |scale * R| / |base| = {:.4g}\n", out.string(), report.tensors,
      human_count(static_cast<double>(report.parameters)), report.total.relative());
  if (report.carried_tensors > 0) {
    text += fmt::format("{} tensors without arithmetic are as in the new base\n", report.carried_tensors);
  }
  if (report.loss) {
    text += fmt::format(
        "stored in {}: at most {:.3g} off, root mean square {:.3g}; base + R differs from exact in {} "
        "elements ({:.3g} %)\n",
        report.loss->dtype, report.loss->max_error, report.loss->rms_error, report.loss->changed,
        100 * report.loss->changed_share);
  }
  const double seconds = std::max(report.seconds, 1e-9);
  text += fmt::format("read {}, wrote {} in {} ({}/s); weights {}\n",
                      human_bytes(static_cast<double>(report.bytes_read)),
                      human_bytes(static_cast<double>(report.bytes_written)), human_seconds(report.seconds),
                      human_bytes(static_cast<double>(report.bytes_read + report.bytes_written) / seconds),
                      report.weights_hash);
  console.result(text, to_json_text(report));
}

}  // namespace evergreen::cli
