#include <algorithm>
#include <deque>

#include "cli/residual_options.hpp"
#include "evergreen/adapter/adapter_apply.hpp"

namespace evergreen::cli {
namespace {

struct NamedResidual {
  fs::path path;
  double weight = 1;
};

// "DIR" or "DIR:0.7"; a directory whose name ends so is taken by its name.
NamedResidual parse_residual(const std::string& text) {
  const size_t colon = text.rfind(':');
  double weight = 1;
  if (colon == std::string::npos || fs::exists(text) ||
      !CLI::detail::lexical_cast(text.substr(colon + 1), weight)) {
    return {text, 1};
  }
  return {text.substr(0, colon), weight};
}

ResidualReport run_adapter(const NamedResidual& named, const ResidualArgs& args,
                           const ResidualOptions& options) {
  if (args.residuals.size() > 1) {
    throw Error(ErrorKind::usage, "a LoRA adapter is applied alone", named.path.string(),
                "apply one after the other, each to what the one before gave");
  }
  const CheckpointReader new_base(args.new_base);
  const Adapter adapter(named.path);
  std::optional<CheckpointReader> base;
  if (!args.base.empty()) base.emplace(args.base);
  return apply_adapter(new_base, {&adapter, base ? &*base : nullptr, named.weight}, args.out, options);
}

ResidualReport run_residuals(const std::vector<NamedResidual>& named, const ResidualArgs& args,
                             const ResidualOptions& options) {
  if (!args.base.empty()) {
    throw Error(ErrorKind::usage, "--base is for a LoRA adapter with whole modules, and there is none",
                named.front().path.string());
  }
  const CheckpointReader new_base(args.new_base);
  std::deque<CheckpointReader> readers;
  std::vector<WeightedResidual> residuals;
  for (const NamedResidual& one : named) residuals.push_back({&readers.emplace_back(one.path), one.weight});
  return apply(new_base, residuals, args.out, options);
}

void run(const CLI::App& command, const ResidualArgs& args, Console& console) {
  const ResidualOptions options = finish_options(command, args, console);
  std::vector<NamedResidual> named;
  for (const std::string& text : args.residuals) named.push_back(parse_residual(text));
  const auto adapter =
      std::find_if(named.begin(), named.end(), [](const NamedResidual& one) { return is_adapter(one.path); });
  print_report(
      adapter != named.end() ? run_adapter(*adapter, args, options) : run_residuals(named, args, options),
      args.out, console);
}

}  // namespace

void add_residual_apply(CLI::App& residual, Console& console) {
  auto args = std::make_shared<ResidualArgs>();
  CLI::App* command =
      add_command(residual, console, "apply", "Add a saved residual to a base model",
                  "evergreen residual apply --new-base llama-news --residual r --out updated");
  command->add_option("--new-base", args->new_base, "the base model to bring up to date")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--residual", args->residuals,
                   "made by 'residual extract', or a LoRA adapter of PEFT; several residuals, each with its "
                   "weight: --residual "
                   "R1:0.7 --residual R2:0.3")
      ->required()
      ->type_name("DIR[:WEIGHT]")
      ->allow_extra_args(false);
  command->add_option("--base", args->base, "the model that a LoRA adapter with whole modules was made for")
      ->type_name("DIR");
  add_scale_options(*command, *args);
  command->add_option(
      "--merge", args->merge,
      "several residuals: sum; ties (arXiv 2306.01708) or dare (arXiv 2311.03099) against interference");
  command->add_option("--density", args->options.merge.density,
                      "ties, dare: share of the elements that is kept");
  command->add_option("--seed", args->options.merge.seed, "dare: of what is dropped");
  command
      ->add_option("--files-from", args->options.files_from,
                   "tokenizer and chat template from here, not from the residual")
      ->type_name("DIR");
  add_output_options(*command, *args);
  command->get_option("--dtype")->description("of the updated model; as the new base if not given");
  command->callback([args, command, &console] {
    console.command = "residual apply";
    run(*command, *args, console);
  });
}

}  // namespace evergreen::cli
