#include <fmt/format.h>

#include "cli/residual_options.hpp"
#include "cli/validators.hpp"
#include "evergreen/adapter/adapter_residual.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/residual/verify.hpp"
#include "evergreen/residual/verify_arithmetic.hpp"

namespace evergreen::cli {
namespace {

struct VerifyArgs {
  fs::path directory, new_base, base, instruct;
  std::vector<fs::path> residuals;
  bool against_recorded = false, full = false;
  ArithmeticOptions options;
  bool names_inputs() const {
    return !(new_base.empty() && base.empty() && instruct.empty() && residuals.empty());
  }
};

std::shared_ptr<const CheckpointReader> open(const fs::path& path) {
  return path.empty() ? nullptr : std::make_shared<const CheckpointReader>(path);
}

ArithmeticInputs named_inputs(const VerifyArgs& args) {
  ArithmeticInputs inputs = {open(args.new_base), {}, open(args.instruct)};
  bool adapters = false;
  for (const fs::path& residual : args.residuals) {
    if (!inputs.new_base && is_adapter(residual)) {
      throw Error(ErrorKind::usage, "an adapter is computed for a new base, and none is given",
                  residual.string(), "pass --new-base");
    }
    inputs.residuals.push_back(open_residual(residual, inputs.new_base, args.base));
    adapters = adapters || inputs.residuals.back().source != nullptr;
  }
  if (!adapters) inputs.base = open(args.base);  // else it is the adapters'
  return inputs;
}

std::optional<ArithmeticReport> check_arithmetic(const VerifyArgs& args, const Provenance& provenance) {
  if (!args.names_inputs() && !args.against_recorded) return std::nullopt;
  ArithmeticInputs inputs;
  if (args.against_recorded) {
    inputs = recorded_inputs(provenance, open_adapter);
  } else {
    inputs = named_inputs(args);
  }
  return verify_arithmetic(CheckpointReader(args.directory), provenance, inputs, args.options);
}

std::string report_text(const VerifyReport& weights, const std::optional<ArithmeticReport>& arithmetic) {
  std::string text = fmt::format("{}: the weights are as written, {}\n", weights.path, weights.found);
  if (!arithmetic) return text;
  return text +
         fmt::format("{}: the arithmetic of {} holds{} on {} of {} elements ({:.3g} %), every tensor\n",
                     weights.path, arithmetic->operation,
                     arithmetic->scale.empty() ? "" : " with scale " + arithmetic->scale, arithmetic->checked,
                     arithmetic->elements,
                     100.0 * static_cast<double>(arithmetic->checked) /
                         static_cast<double>(std::max<uint64_t>(1, arithmetic->elements)));
}

std::string report_json(const VerifyReport& weights, const std::optional<ArithmeticReport>& arithmetic) {
  OrderedJson json = OrderedJson::parse(to_json_text(weights));
  if (arithmetic) json["arithmetic"] = OrderedJson::parse(to_json_text(*arithmetic));
  return to_text(json);
}

std::string advice(const ArithmeticReport& report) {
  if (report.changed_inputs.empty())
    return "the output was not made of these inputs with the scale that evergreen.json says";
  std::string names;
  for (const std::string& role : report.changed_inputs) names += (names.empty() ? "" : ", the ") + role;
  return fmt::format("not what the output was made of: the {}, whose hash is not the recorded one", names);
}

// With --json the report is the one object on stdout, also where something differs: the error is on stderr.
[[noreturn]] void fail(const Error& error, const std::string& json, Console& console) {
  if (console.json) console.result({}, json);
  console.json = false;
  throw error;
}

void run(const VerifyArgs& args, Console& console) {
  console.command = "residual verify";
  if (args.names_inputs() && args.against_recorded) {
    throw Error(ErrorKind::usage, "--against-recorded takes the inputs from evergreen.json", {},
                "leave out --new-base, --base, --instruct and --residual");
  }
  const VerifyReport weights =
      verify(args.directory, {args.options.threads, args.options.progress, args.options.stop});
  if (!weights.matches()) {
    fail({ErrorKind::input, describe_differences(weights), weights.path,
          "the weights changed after evergreen wrote them: make them again"},
         report_json(weights, {}), console);
  }
  const std::optional<ArithmeticReport> arithmetic = check_arithmetic(args, weights.provenance);
  if (arithmetic && !arithmetic->holds()) {
    fail({ErrorKind::input, describe_mismatches(*arithmetic), arithmetic->mismatches.front().file,
          advice(*arithmetic)},
         report_json(weights, arithmetic), console);
  }
  console.result(report_text(weights, arithmetic), report_json(weights, arithmetic));
}

}  // namespace

void add_residual_verify(CLI::App& residual, Console& console) {
  auto args = std::make_shared<VerifyArgs>();
  CLI::App* command = add_command(
      residual, console, "verify",
      "Read an output again and compare it with its evergreen.json; with its inputs, compute it again",
      "evergreen residual verify updated --new-base llama-news --base llama --instruct llama-it");
  command->add_option("directory", args->directory, "what evergreen wrote")->required()->type_name("DIR");
  command->add_option("--new-base", args->new_base, "what the residual was added to")->type_name("DIR");
  command
      ->add_option("--base", args->base,
                   "checkpoint before instruction tuning; or the model that an adapter was made for")
      ->type_name("DIR");
  command->add_option("--instruct", args->instruct, "the same model after it")->type_name("DIR");
  command->add_option("--residual", args->residuals, "of an output of 'apply'; several in their order")
      ->type_name("DIR")
      ->allow_extra_args(false);
  command->add_flag("--against-recorded", args->against_recorded, "inputs at the paths in evergreen.json");
  command->add_option("--sample", args->options.sample, "share of the elements that are computed again")
      ->check(between(0, 1));
  command->add_flag("--full", args->full, "compute all elements again");
  command->add_option("--seed", args->options.seed, "of the sample");
  command->add_option("--threads", args->options.threads, "0: one for each core")->check(not_negative());
  command->callback([args, &console] {
    if (args->full) args->options.sample = 1;
    args->options.progress = console.progress();
    args->options.stop = &console.stop;
    run(*args, console);
  });
}

}  // namespace evergreen::cli
