#include "evergreen/ifeval/punkt_trainer.hpp"

#include <cmath>

#include "evergreen/ifeval/punkt.hpp"
#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

enum class Place { begin, inside, unknown };

// The bit of ortho for a word at `place`; 0 where its first letter has no case.
int context_bit(const PunktToken& token, Place place) {
  const int first = token.first_upper() ? 1 : token.first_lower() ? 4 : 0;
  return first == 0 ? 0 : first + static_cast<int>(place);
}

Place place_before(const PunktToken& token, Place place) {
  if (token.paragraph_start && place != Place::unknown) place = Place::begin;
  if (token.line_start && place == Place::inside) place = Place::unknown;
  return place;
}

Place place_after(const PunktToken& token) {
  if (token.sentence_break) return token.is_number() || token.is_initial() ? Place::unknown : Place::begin;
  return token.ellipsis || token.abbreviation ? Place::unknown : Place::inside;
}

// k log p + (n - k) log (1 - p), with 0 log 0 = 0.
double log_likelihood(double k, double n, double p) {
  if (p <= 0 || p >= 1) return 0;
  return k * std::log(p) + (n - k) * std::log(1 - p);
}

// Dunning's ratio for the pair "sentence break, word".
double dunning(double breaks, double word, double both, double all) {
  const double p = word / all, p_after = both / breaks, p_else = (word - both) / (all - breaks);
  return -2 * (log_likelihood(both, breaks, p) + log_likelihood(word - both, all - breaks, p) -
               log_likelihood(both, breaks, p_after) - log_likelihood(word - both, all - breaks, p_else));
}

int64_t count_in(const TextMap<int64_t>& counts, std::string_view type) {
  const auto found = counts.find(type);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

void PunktTrainer::add(std::string_view text) {
  std::vector<PunktToken> tokens = punkt_tokens(text);
  Place place = Place::inside;
  for (size_t i = 0; i < tokens.size(); ++i) {
    PunktToken& token = tokens[i];
    annotate_by_type(token, parameters_);
    ++types_[token.type()];
    ++tokens_;
    breaks_ += token.sentence_break;
    place = place_before(token, place);
    ContextCounts& counts = contexts_[token.type_no_sentence_period()];
    ++counts[0];
    if (const int bit = context_bit(token, place)) ++counts[static_cast<size_t>(bit)];
    place = place_after(token);
    if (i == 0) continue;
    const PunktToken& before = tokens[i - 1];
    if (before.period_final() && before.sentence_break && !before.is_number() && !before.is_initial() &&
        token.is_alphabetic())
      ++starters_[token.type()];
  }
}

bool PunktTrainer::often_starts(const std::string& type, int64_t at_break, double likelihood) const {
  const int64_t count = count_in(types_, type) + count_in(types_, type + ".");
  if (count < at_break) return false;
  const auto all = static_cast<double>(tokens_), breaks = static_cast<double>(breaks_),
             word = static_cast<double>(count), both = static_cast<double>(at_break);
  return dunning(breaks, word, both, all) >= likelihood && all / breaks > word / both;
}

PunktParameters PunktTrainer::parameters(const PunktTraining& options) const {
  PunktParameters p = parameters_;
  for (const auto& [type, at_break] : starters_) {
    if (often_starts(type, at_break, options.starter_likelihood)) p.sentence_starters.insert(type);
  }
  for (const auto& [type, counts] : contexts_) {
    if (counts[0] < options.min_occurrences) continue;
    uint8_t bits = 0;
    for (size_t bit = 1; bit < counts.size(); ++bit) {
      const double least = options.context_share * static_cast<double>(counts[0]);
      if (counts[bit] > 0 && static_cast<double>(counts[bit]) >= least)
        bits |= static_cast<uint8_t>(1U << bit);
    }
    if (bits != 0 && (!options.only_lower || (bits & ortho::kLower) != 0)) p.contexts.emplace(type, bits);
  }
  if (options.only_lower) {
    std::erase_if(p.sentence_starters,
                  [&](const std::string& type) { return (p.context(type) & ortho::kLower) == 0; });
  }
  return p;
}

}  // namespace evergreen::ifeval
