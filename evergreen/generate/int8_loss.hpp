// What int8 weights cost: the same text predicted by both.
//
// perplexity = exp(-1/(n-1) sum_{i>0} log p(token_i | tokens before)), by float32 and by int8 weights; and how often both find the same
// token the most likely one, which is what greedy answers hang on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/generate/text_model.hpp"
#include "evergreen/model/int8_weights.hpp"

namespace evergreen {

struct Int8Loss {
  int64_t predicted = 0;  // tokens
  double perplexity = 0, int8_perplexity = 0;
  int64_t same_greedy = 0;
};

// Of the first max_position_embeddings of the tokens, at least two.
Int8Loss int8_loss(const Decoder& decoder, const Int8Weights& weights, std::vector<int32_t> tokens);

// On some 250 words of plain English that come with the program.
Int8Loss int8_loss(const TextModel& model, const Int8Weights& weights);

// "perplexity 12.31 -> 12.35 (+0.3 %), the same most likely token at 97.2 % of 251 places".
std::string int8_loss_text(const Int8Loss& loss);

}  // namespace evergreen
