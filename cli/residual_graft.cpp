#include "cli/residual_options.hpp"

namespace evergreen::cli {

void add_residual_graft(CLI::App& residual, Console& console) {
  auto args = std::make_shared<ResidualArgs>();
  CLI::App* command = add_command(
      residual, console, "graft", "Extract and apply at once: exact, and no residual on disk",
      "evergreen residual graft --new-base llama-news --base llama --instruct llama-it --out updated");
  command->add_option("--new-base", args->new_base, "the base model to bring up to date")
      ->required()
      ->type_name("DIR");
  command->add_option("--base", args->base, "checkpoint before instruction tuning")
      ->required()
      ->type_name("DIR");
  command->add_option("--instruct", args->instruct, "the same model after it")->required()->type_name("DIR");
  add_scale_options(*command, *args);
  add_output_options(*command, *args);
  command->get_option("--dtype")->description("of the updated model; as the new base if not given");
  command->callback([args, command, &console] {
    console.command = "residual graft";
    const CheckpointReader new_base(args->new_base), base(args->base), instruct(args->instruct);
    print_report(graft(new_base, base, instruct, args->out, finish_options(*command, *args, console)),
                 args->out, console);
  });
}

}  // namespace evergreen::cli
