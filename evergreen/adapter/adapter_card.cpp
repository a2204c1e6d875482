#include "evergreen/adapter/adapter_card.hpp"

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/residual/model_card.hpp"

namespace evergreen {
namespace {

std::string front_matter(const std::string& base) {
  const std::string name = Json(base).dump(-1, ' ', false, Json::error_handler_t::replace);
  return fmt::format(
      "---\nlibrary_name: peft\npipeline_tag: text-generation\nbase_model: {}\n"
      "tags:\n- base_model:adapter\n- lora\n- transformers\n- evergreen\n- instruction-residual\n---\n",
      name);
}

std::string what_it_is() {
  return "An **instruction residual** as a LoRA adapter: what instruction tuning added to a base model's "
         "weights, matrix by\n"
         "matrix, by a truncated singular value decomposition. Nothing was trained.\n\n"
         "    R = instruct - base  ~  B A\n\n"
         "On its base it stands in for the instruct model; on a base model that has learned something new "
         "since, it gives\n"
         "an instruct model that knows it.\n";
}

std::string losses(const LowRankReport& report) {
  std::string text = fmt::format(
      "|R - what is kept| / |R| is **{:.4g}** over all tensors (Frobenius), {:.4g} over the {} matrices of "
      "low rank.\n",
      report.total.error(), report.low_rank.error(), report.low_rank.tensors);
  if (report.left_out.tensors > 0) {
    text += fmt::format(
        "{} tensors that LoRA does not hold are left out: |R| of these / |R| is {:.4g}.\n",
        report.left_out.tensors,
        report.total.residual_norm > 0 ? report.left_out.residual_norm / report.total.residual_norm : 0);
  }
  if (report.whole.tensors > 0) {
    text += fmt::format("{} tensors are kept whole, in modules_to_save.\n", report.whole.tensors);
  }
  return text + "\n```\n" + low_rank_table(report) + "```\n";
}

std::string use(const std::string& name, const std::string& base, const LowRankReport& report) {
  std::string text = fmt::format(
      "```python\nfrom peft import PeftModel\nfrom transformers import AutoModelForCausalLM\n"
      "model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(\"{}\"), \"{}\")\n```\n\n",
      base, name);
  const int64_t served = served_rank(report.low_rank.largest_rank);
  if (report.whole.tensors > 0) {
    text += "vLLM does not load adapters with modules_to_save: merge this one first.\n\n";
  } else if (served > 0) {
    text += fmt::format("    vllm serve {} --enable-lora --max-lora-rank {} --lora-modules {}={}\n\n", base,
                        served, name, name);
  }
  return text +
         fmt::format("    evergreen residual apply --new-base NEW_BASE --residual {} --out UPDATED{}\n", name,
                     report.whole.tensors > 0 ? " --base " + base : "");
}

}  // namespace

int64_t served_rank(int64_t rank) {
  for (const int64_t served : {1, 8, 16, 32, 64, 128, 256, 320, 512}) {
    if (rank <= served) return served;
  }
  return 0;
}

std::string make_adapter_card(const std::string& name, const Provenance& provenance,
                              const LowRankReport& report, const std::string& command_line) {
  const std::string base = hub_name(provenance.inputs.at(0).path);
  std::string text = front_matter(base) + fmt::format("\n# {}\n\n{}", name, what_it_is());
  text +=
      "\nThe method: *Balancing Continuous Pre-Training and Instruction Fine-Tuning*, "
      "[arXiv 2410.10739](https://arxiv.org/abs/2410.10739).\n";
  text += fmt::format("\n## What it loses\n\n{}\n## Use\n\n{}", losses(report), use(name, base, report));
  return text + make_card_ending(provenance, report.notes, command_line);
}

}  // namespace evergreen
