// The README.md of a low-rank residual: what it is, what it lost, and how peft, vLLM and evergreen load it.
#pragma once

#include <string>

#include "evergreen/adapter/low_rank_report.hpp"
#include "evergreen/checkpoint/provenance.hpp"

namespace evergreen {

inline constexpr int64_t kMaxServedRank = 512;  // the largest of vLLM's --max-lora-rank

// `name` heads the page; `provenance` has base and instruct model.
std::string make_adapter_card(const std::string& name, const Provenance& provenance,
                              const LowRankReport& report, const std::string& command_line);

// The least --max-lora-rank of vLLM (vllm/config/lora.py of 0.14, MaxLoRARanks) that takes `rank`; 0: none does.
int64_t served_rank(int64_t rank);

}  // namespace evergreen
