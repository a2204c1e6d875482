#include "evergreen/eval/ranks_model.hpp"

#include <algorithm>

#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

std::string text_of(const Prompt& prompt) {
  if (prompt.messages.empty()) return prompt.text;
  std::string text;
  for (const ChatMessage& message : prompt.messages) text += message.role + '\0' + message.content + '\0';
  return text;
}

// log-likelihoods keep every bit, texts every byte.
std::string packed(const std::vector<Answer>& answers) {
  Json list = Json::array();
  for (const Answer& a : answers)
    list.push_back({a.log_likelihood, a.is_greedy, a.tokens, a.text, a.finish, a.dropped_tokens});
  const std::vector<uint8_t> bytes = Json::to_cbor(list);
  return {bytes.begin(), bytes.end()};
}

void unpack(const std::string& bytes, std::vector<Answer>& answers) {
  for (const Json& a : Json::from_cbor(bytes)) {
    answers.push_back({a[0].get<double>(), a[1].get<bool>(), a[2].get<int64_t>(), a[3].get<std::string>(),
                       a[4].get<std::string>(), a[5].get<int64_t>()});
  }
}

struct Texts {
  std::vector<std::string> whole, prompts;
};

template <class Request>
std::span<const Request> stretch(std::span<const Request> requests, const Texts& texts,
                                 const RankSharing& sharing) {
  const std::vector<size_t> places = rank_stretches(texts.whole, texts.prompts, sharing.size);
  const auto rank = static_cast<size_t>(sharing.rank);
  return requests.subspan(places[rank], places[rank + 1] - places[rank]);
}

}  // namespace

std::vector<size_t> rank_stretches(const std::vector<std::string>& texts,
                                   const std::vector<std::string>& groups, int ranks) {
  constexpr size_t kOfEach = 64;  // characters that a request costs whatever its length
  std::vector<size_t> cost_before{0};
  for (size_t i = 0; i < texts.size(); ++i) {
    size_t shared = 0;
    if (i > 0) {
      const auto parted =
          std::mismatch(texts[i].begin(), texts[i].end(), texts[i - 1].begin(), texts[i - 1].end());
      shared = static_cast<size_t>(parted.first - texts[i].begin());
    }
    cost_before.push_back(cost_before.back() + texts[i].size() - shared + kOfEach);
  }
  std::vector<size_t> places{0};
  for (int rank = 1; rank < ranks; ++rank) {
    const size_t target = cost_before.back() * static_cast<size_t>(rank) / static_cast<size_t>(ranks);
    size_t place = static_cast<size_t>(std::lower_bound(cost_before.begin(), cost_before.end(), target) -
                                       cost_before.begin());
    place = std::max(place, places.back());
    while (place > 0 && place < texts.size() && groups[place] == groups[place - 1]) ++place;
    places.push_back(place);
  }
  places.push_back(texts.size());
  return places;
}

std::vector<Answer> RanksModel::gather(const std::vector<Answer>& mine) {
  std::vector<Answer> all;
  for (const std::string& part : sharing_.gather(packed(mine))) unpack(part, all);
  return all;
}

std::vector<Answer> RanksModel::likelihood(std::span<const LikelihoodRequest> requests,
                                           const ModelHooks& hooks) {
  Texts texts;
  for (const LikelihoodRequest& r : requests) {
    texts.prompts.push_back(text_of(r.prompt));
    texts.whole.push_back(texts.prompts.back() + r.continuation);
  }
  const auto mine = stretch(requests, texts, sharing_);
  return gather(mine.empty() ? std::vector<Answer>{} : own_.likelihood(mine, hooks));
}

std::vector<Answer> RanksModel::rolling(std::span<const RollingRequest> requests, const ModelHooks& hooks) {
  Texts texts;
  for (size_t i = 0; i < requests.size(); ++i) {
    texts.whole.push_back(requests[i].document);
    texts.prompts.push_back(std::to_string(i));
  }
  const auto mine = stretch(requests, texts, sharing_);
  return gather(mine.empty() ? std::vector<Answer>{} : own_.rolling(mine, hooks));
}

std::vector<Answer> RanksModel::generate_until(std::span<const GenerateUntilRequest> requests,
                                               const ModelHooks& hooks) {
  Texts texts;
  for (const GenerateUntilRequest& r : requests) {
    texts.prompts.push_back(text_of(r.prompt));
    // An answer costs as much as it is long; how long, nobody knows before.
    texts.whole.push_back(texts.prompts.back() + std::string(static_cast<size_t>(r.max_new_tokens), ' '));
  }
  const auto mine = stretch(requests, texts, sharing_);
  return gather(mine.empty() ? std::vector<Answer>{} : own_.generate_until(mine, hooks));
}

}  // namespace evergreen
