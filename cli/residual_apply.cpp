#include "cli/residual_options.hpp"

namespace evergreen::cli {

void add_residual_apply(CLI::App& residual, Console& console) {
  auto args = std::make_shared<ResidualArgs>();
  CLI::App* command =
      add_command(residual, console, "apply", "Add a saved residual to a base model",
                  "evergreen residual apply --new-base llama-news --residual r --out updated");
  command->add_option("--new-base", args->new_base, "the base model to bring up to date")
      ->required()
      ->type_name("DIR");
  command->add_option("--residual", args->residual, "made by 'residual extract'")
      ->required()
      ->type_name("DIR");
  command->add_option("--scale", args->options.scale, "of the residual; 1 is the paper's");
  command
      ->add_option("--files-from", args->options.files_from,
                   "tokenizer and chat template from here, not from the residual")
      ->type_name("DIR");
  add_output_options(*command, *args);
  command->get_option("--dtype")->description("of the updated model; as the new base if not given");
  command->callback([args, command, &console] {
    console.command = "residual apply";
    const CheckpointReader new_base(args->new_base), stored(args->residual);
    print_report(apply(new_base, stored, args->out, finish_options(*command, *args, console)), args->out,
                 console);
  });
}

}  // namespace evergreen::cli
