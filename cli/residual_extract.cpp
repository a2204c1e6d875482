#include <fmt/format.h>

#include "cli/residual_options.hpp"
#include "evergreen/adapter/adapter_card.hpp"
#include "evergreen/adapter/low_rank_extract.hpp"

namespace evergreen::cli {
namespace {

std::string report_text(const LowRankReport& report, const fs::path& out) {
  const LowRankGroup &all = report.total, &left_out = report.left_out;
  std::string text = low_rank_table(report) + "\n";
  text += fmt::format("{}: LoRA adapter of {} matrices, rank {}, {} in {}; |R - adapter| / |R| = {:.4g}\n",
                      out.string(), report.low_rank.tensors, report.low_rank.largest_rank,
                      human_bytes(static_cast<double>(report.bytes_written)), report.dtype, all.error());
  if (left_out.tensors > 0) {
    text +=
        fmt::format("{} tensors that LoRA does not hold are left out: |R| of them / |R| = {:.4g}\n",
                    left_out.tensors, all.residual_norm > 0 ? left_out.residual_norm / all.residual_norm : 0);
  }
  const int64_t served = report.whole.tensors == 0 ? served_rank(report.low_rank.largest_rank) : 0;
  if (served > 0) text += fmt::format("vLLM: --enable-lora --max-lora-rank {}\n", served);
  return text + fmt::format("done in {}; weights {}\n", human_seconds(report.seconds), report.weights_hash);
}

LowRankExtractOptions low_rank_options(const LowRankExtractOptions& asked, const ResidualOptions& common) {
  LowRankExtractOptions options = asked;
  options.dtype = common.dtype.value_or(Dtype::f32);
  options.model_files = common.model_files;
  options.command = common.command;
  options.threads = common.threads;
  options.progress = common.progress;
  options.stop = common.stop;
  return options;
}

}  // namespace

void add_residual_extract(CLI::App& residual, Console& console) {
  auto args = std::make_shared<ResidualArgs>();
  auto low_rank = std::make_shared<LowRankExtractOptions>();
  CLI::App* command =
      add_command(residual, console, "extract", "Save what instruction tuning added to a base model",
                  "evergreen residual extract --base llama --instruct llama-it --out r");
  command->add_option("--base", args->base, "checkpoint before instruction tuning")
      ->required()
      ->type_name("DIR");
  command->add_option("--instruct", args->instruct, "the same model after it")->required()->type_name("DIR");
  CLI::Option* rank =
      command
          ->add_option(
              "--rank", low_rank->rank,
              "a LoRA adapter of this rank, for peft and vLLM; with --max-error, the most that a matrix gets")
          ->check(CLI::PositiveNumber);
  CLI::Option* error =
      command
          ->add_option("--max-error", low_rank->max_error,
                       "a LoRA adapter of the least ranks that keep each matrix within this share of |R|")
          ->check(CLI::Range(0.0, 1.0));
  CLI::Option* full_modules =
      command->add_flag("--full-modules", low_rank->full_modules,
                        "of the adapter: norms, biases and embeddings too, whole (peft, not vLLM)");
  CLI::Option* seed = command->add_option("--seed", low_rank->seed, "of the randomised SVD");
  add_output_options(*command, *args);
  command->get_option("--dtype")->description(
      "of the residual or the adapter: bf16, f16, f32 (if not given) or f64");
  command->callback([=, &console] {
    console.command = "residual extract";
    const bool adapter = rank->count() > 0 || error->count() > 0;
    for (const CLI::Option* option : {full_modules, seed}) {
      if (adapter || option->count() == 0) continue;
      throw Error(ErrorKind::usage, fmt::format("{} is for a LoRA adapter", option->get_name()), {},
                  "give --rank or --max-error too");
    }
    const ResidualOptions options = finish_options(*command, *args, console);
    if (adapter && (options.part || options.finish || options.added_tokens != AddedTokens::error)) {
      throw Error(ErrorKind::usage, "--part, --finish and --added-tokens are not for a LoRA adapter", {},
                  "leave them out, or leave --rank and --max-error out");
    }
    const CheckpointReader base(args->base), instruct(args->instruct);
    if (!adapter) return print_report(extract(base, instruct, args->out, options), args->out, console);
    const LowRankReport report =
        extract_low_rank(base, instruct, args->out, low_rank_options(*low_rank, options));
    for (const std::string& note : report.notes) console.note(note);
    console.result(report_text(report, args->out), to_json_text(report));
  });
}

}  // namespace evergreen::cli
