#include "cli/residual_options.hpp"

namespace evergreen::cli {

void add_residual_extract(CLI::App& residual, Console& console) {
  auto args = std::make_shared<ResidualArgs>();
  CLI::App* command =
      add_command(residual, console, "extract", "Save what instruction tuning added to a base model",
                  "evergreen residual extract --base llama --instruct llama-it --out r");
  command->add_option("--base", args->base, "checkpoint before instruction tuning")
      ->required()
      ->type_name("DIR");
  command->add_option("--instruct", args->instruct, "the same model after it")->required()->type_name("DIR");
  add_output_options(*command, *args);
  command->get_option("--dtype")->description("of the residual: bf16, f16, f32 (if not given) or f64");
  command->callback([args, command, &console] {
    console.command = "residual extract";
    const CheckpointReader base(args->base), instruct(args->instruct);
    print_report(extract(base, instruct, args->out, finish_options(*command, *args, console)), args->out,
                 console);
  });
}

}  // namespace evergreen::cli
