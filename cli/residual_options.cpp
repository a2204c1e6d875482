#include "cli/residual_options.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/validators.hpp"
#include "evergreen/adapter/adapter_residual.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/residual/token_rows.hpp"

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

// "0.7", or "model.layers.{0-7}.*=0.7".
void add_scale(const std::string& text, ResidualOptions& options) {
  const size_t equals = text.rfind('=');
  const std::string number = equals == std::string::npos ? text : text.substr(equals + 1);
  double value = 0;
  if (!CLI::detail::lexical_cast(number, value)) {
    throw Error(ErrorKind::usage, fmt::format("'{}' is not a scale", text), "--scale",
                "write a number, or PATTERN=number, such as 'model.layers.{0-7}.mlp.*=0.5'");
  }
  if (equals == std::string::npos) {
    options.scale = value;
  } else {
    options.rules.scales.emplace_back(NamePattern(text.substr(0, equals)), value);
  }
}

// "2/8": the second of eight.
PartOf parse_part(const std::string& text) {
  const size_t slash = text.find('/');
  PartOf part;
  if (slash != std::string::npos && CLI::detail::lexical_cast(text.substr(0, slash), part.index) &&
      CLI::detail::lexical_cast(text.substr(slash + 1), part.count) && part.index >= 1 &&
      part.index <= part.count) {
    --part.index;
    return part;
  }
  throw Error(ErrorKind::usage, fmt::format("'{}' is not a part", text), "--part",
              "write i/n, from 1/n to n/n, such as --part 2/8");
}

std::vector<NamePattern> patterns(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
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

// What a narrower dtype loses of R, and how much of that a model shows that R is added to.
std::string loss_text(const StoreLoss& loss) {
  if (loss.max_error == 0) return fmt::format("stored in {} without loss\n", loss.dtype);
  return fmt::format(
      "stored in {}, R is off by {:.3g} % of its norm, by at most {:.3g} in an element; added to this base, "
      "{} elements "
      "({:.3g} %) come out other than with R exact\n",
      loss.dtype, 100 * loss.relative_error, loss.max_error, loss.changed, 100 * loss.changed_share);
}

}  // namespace

void add_scale_options(CLI::App& command, ResidualArgs& args) {
  command
      .add_option("--scale", args.scales,
                  "of the residual; 1 is the paper's. PATTERN=NUMBER for some tensors, repeated: the last "
                  "that matches")
      ->type_name("[PATTERN=]NUMBER")
      ->allow_extra_args(false);
  command
      .add_option("--include", args.include,
                  "only tensors that match have a residual; others are the new base's")
      ->type_name("PATTERN")
      ->allow_extra_args(false);
  command.add_option("--exclude", args.exclude, "tensors that match are the new base's")
      ->type_name("PATTERN")
      ->allow_extra_args(false);
}

void add_output_options(CLI::App& command, ResidualArgs& args) {
  command.add_option("--out", args.out, "directory to make; must not exist")->required()->type_name("DIR");
  command.add_option("--dtype", args.dtype, "bf16, f16, f32 or f64")->type_name("DTYPE");
  command.add_option("--threads", args.options.threads, "0: one for each core")->check(not_negative());
  command.add_option("--max-shard-size", args.options.max_shard_bytes, "of a file, in bytes or as 5GB")
      ->transform(CLI::AsSizeValue(true))
      ->type_name("BYTES");
  command.add_option("--added-tokens", args.added_tokens,
                     "rows of tokens that only the instruct model has: error, keep (its rows) or zero");
  command.add_option("--part", args.part, "do the i-th of n shares; other processes do the others")
      ->type_name("i/n");
  command.add_flag("--finish", args.options.finish, "all parts are done: verify that, and publish");
  command.add_flag("--weights-only", args.weights_only, "no configuration, tokenizer and card");
}

ResidualOptions finish_options(const CLI::App& command, const ResidualArgs& args, Console& console) {
  ResidualOptions options = args.options;
  options.dtype = parse_dtype(args.dtype);
  options.model_files = !args.weights_only;
  options.added_tokens = added_tokens_from_name(args.added_tokens);
  options.merge.method = merge_method_from_name(args.merge);
  if (!args.part.empty()) options.part = parse_part(args.part);
  for (const std::string& scale : args.scales) add_scale(scale, options);
  options.rules.include = patterns(args.include);
  options.rules.exclude = patterns(args.exclude);
  options.command = command_line(command);
  options.progress = console.progress();
  options.stop = &console.stop;
  return options;
}

GivenResidual open_residual(const fs::path& path, const std::shared_ptr<const CheckpointReader>& new_base,
                            const fs::path& base) {
  if (!is_adapter(path)) return std::make_shared<const CheckpointReader>(path);
  return open_adapter(path, new_base,
                      base.empty() ? nullptr : std::make_shared<const CheckpointReader>(base));
}

void require_base_has_use(const fs::path& base, const std::vector<GivenResidual>& residuals) {
  const auto is_stored = [](const GivenResidual& residual) { return residual.stored != nullptr; };
  if (base.empty() || !std::all_of(residuals.begin(), residuals.end(), is_stored)) return;
  throw Error(ErrorKind::usage, "--base is for a LoRA adapter with whole modules, and there is none",
              "--base", "leave it out");
}

std::string command_line(const CLI::App& command) {
  std::string line = command.get_name();
  for (const CLI::App* parent = command.get_parent(); parent != nullptr; parent = parent->get_parent()) {
    line.insert(0, (parent->get_name().empty() ? "evergreen" : parent->get_name()) + " ");
  }
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0) continue;
    if (!option->get_lnames().empty()) line += " --" + option->get_lnames().front();
    if (option->get_expected_min() == 0) continue;  // a flag
    for (size_t i = 0; i < option->results().size(); ++i) {
      if (i > 0) line += " --" + option->get_lnames().front();
      line += " " + shell_word(option->results()[i]);
    }
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
  std::string text;
  if (report.part) {
    text += fmt::format("part {} of {} is done; when all are, the same command with --finish publishes {}\n",
                        report.part->index + 1, report.part->count, out.string());
  }
  text += fmt::format("{}: {} tensors, {} parameters, |scale * R| / |base| = {:.4g}\n", out.string(),
                      report.tensors, human_count(static_cast<double>(report.parameters)),
                      report.total.relative());
  if (report.carried_tensors > 0) {
    text += fmt::format("{} tensors without arithmetic are as in the new base\n", report.carried_tensors);
  }
  if (report.loss) text += loss_text(*report.loss);
  const double seconds = std::max(report.seconds, 1e-9);
  if (report.continued_parameters > 0) {
    text += fmt::format("{} parameters were done before\n",
                        human_count(static_cast<double>(report.continued_parameters)));
  }
  text +=
      fmt::format("read {}, wrote {} in {} ({}/s){}\n", human_bytes(static_cast<double>(report.bytes_read)),
                  human_bytes(static_cast<double>(report.bytes_written)), human_seconds(report.seconds),
                  human_bytes(static_cast<double>(report.bytes_read + report.bytes_written) / seconds),
                  report.weights_hash.empty() ? "" : "; weights " + report.weights_hash);
  console.result(text, to_json_text(report));
}

}  // namespace evergreen::cli
