#include "cli/residual_options.hpp"

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

void run(const CLI::App& command, const ResidualArgs& args, Console& console) {
  const ResidualOptions options = finish_options(command, args, console);
  const auto new_base = std::make_shared<const CheckpointReader>(args.new_base);
  std::vector<GivenResidual> residuals;
  std::vector<WeightedResidual> weighted;
  for (const std::string& text : args.residuals) {
    const NamedResidual named = parse_residual(text);
    residuals.push_back(open_residual(named.path, new_base, args.base));
    weighted.push_back({residuals.back().stored.get(), named.weight, residuals.back().source.get()});
  }
  require_base_has_use(args.base, residuals);
  print_report(apply(*new_base, weighted, args.out, options), args.out, console);
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
