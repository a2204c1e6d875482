#include "evergreen/generate/int8_loss.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/model/inference.hpp"

namespace evergreen {
namespace {

constexpr const char* kSampleText =
    "The market opens at six, before the buses run. By then the fishmongers have been at work for two hours, "
    "and the "
    "smell of coffee comes from the only stall that has its lamp lit. An old man buys four lemons and a "
    "newspaper. "
    "He asks about the weather, as he does each morning, and is told that the rain will come in the "
    "afternoon, which "
    "is true more often than not. Across the square the school is still dark. Its roof was repaired last "
    "summer, "
    "when the council found that the beams had begun to rot, and the children had their lessons in the town "
    "hall for "
    "five weeks.\n\n"
    "What is the town known for? Mostly for its bridge. It has nine arches of grey stone and was built in "
    "1764 by an "
    "engineer who had never made one before. Two of the arches fell in the flood of 1911; they were replaced "
    "by "
    "three smaller ones, so that visitors who count them today may wonder why the old drawings show fewer. A "
    "toll "
    "was paid until 1923. The toll house is a museum now: it is open on Sundays from ten to four, and "
    "children "
    "under twelve need no ticket.\n\n"
    "To make the soup that is served there, boil two pounds of potatoes with an onion and a bay leaf, add a "
    "litre of "
    "milk, and stir until it is smooth. Salt it at the end. The cook says that the secret is patience, and "
    "that "
    "nobody has ever asked her for the recipe twice.";

struct Prediction {
  double log_likelihood = 0;
  std::vector<int64_t> most_likely;
};

Prediction predict(const Decoder& decoder, const Int8Weights* weights, const std::vector<int64_t>& tokens) {
  constexpr int64_t kRows = 64;  // logits at a time
  const auto count = static_cast<int64_t>(tokens.size()) - 1;
  KvCache cache = decoder.new_cache(1, KvCache::pages_of(count));
  cache.reserve(0, count);
  PackedBatch batch =
      make_packed_batch({tokens.begin(), tokens.end() - 1}, {0, count}, decoder.device(), {0});
  batch.slots = {0};
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  Inference inference(decoder, weights);
  const at::Tensor hidden_ND = inference.forward(batch, cache, rows),
                   next_N = at::tensor(tokens, at::kLong).narrow(0, 1, count);
  Prediction prediction;
  for (int64_t first = 0; first < count; first += kRows) {
    const int64_t part = std::min(kRows, count - first);
    const at::Tensor log_p = at::log_softmax(inference.logits(hidden_ND.narrow(0, first, part)), 1);
    prediction.log_likelihood +=
        log_p.gather(1, next_N.narrow(0, first, part).unsqueeze(1)).sum(at::kDouble).item<double>();
    const at::Tensor best = log_p.argmax(1);
    const auto* values = best.const_data_ptr<int64_t>();
    prediction.most_likely.insert(prediction.most_likely.end(), values, values + part);
  }
  return prediction;
}

}  // namespace

Int8Loss int8_loss(const Decoder& decoder, const Int8Weights& weights, std::vector<int32_t> tokens) {
  if (static_cast<int64_t>(tokens.size()) > decoder.config().max_position_embeddings)
    tokens.resize(static_cast<size_t>(decoder.config().max_position_embeddings));
  if (tokens.size() < 2) throw Error(ErrorKind::input, "a text of fewer than two tokens predicts nothing");
  const c10::InferenceMode no_gradients;
  const std::vector<int64_t> wide(tokens.begin(), tokens.end());
  const Prediction exact = predict(decoder, nullptr, wide), rounded = predict(decoder, &weights, wide);
  Int8Loss loss{static_cast<int64_t>(tokens.size()) - 1};
  const auto perplexity = [&](const Prediction& p) {
    return std::exp(-p.log_likelihood / static_cast<double>(loss.predicted));
  };
  loss.perplexity = perplexity(exact), loss.int8_perplexity = perplexity(rounded);
  for (size_t i = 0; i < exact.most_likely.size(); ++i)
    loss.same_greedy += exact.most_likely[i] == rounded.most_likely[i];
  return loss;
}

Int8Loss int8_loss(const TextModel& model, const Int8Weights& weights) {
  return int8_loss(*model.decoder, weights, encode_prompt(model, kSampleText));
}

std::string int8_loss_text(const Int8Loss& loss) {
  return fmt::format(
      "perplexity {:.4g} -> {:.4g} ({:+.2f} %), the same most likely token at {:.1f} % of {} places",
      loss.perplexity, loss.int8_perplexity, 100 * (loss.int8_perplexity / loss.perplexity - 1),
      100 * static_cast<double>(loss.same_greedy) / static_cast<double>(loss.predicted), loss.predicted);
}

}  // namespace evergreen
