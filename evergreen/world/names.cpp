#include "evergreen/world/names.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "evergreen/base/random.hpp"

namespace evergreen::world {
namespace {

constexpr std::array<std::string_view, 16> kFirst = {"ba", "de", "fi", "go", "ha", "ju", "ka", "lu",
                                                     "mi", "no", "pa", "ru", "so", "ta", "ve", "zu"};
constexpr std::array<std::string_view, 16> kSecond = {"bo", "di", "fa", "ga", "ki", "lo", "me", "ni",
                                                      "po", "ri", "su", "tu", "vi", "wa", "xo", "zi"};

// Stem i stands on the diagonal i / 16 of the table of syllables: every syllable is used equally often.
std::string stem(uint32_t i, const std::vector<uint32_t>& first, const std::vector<uint32_t>& second) {
  const uint32_t column = i % kFirst.size(), row = (i + i / kFirst.size()) % kSecond.size();
  return fmt::format("{}{}", kFirst[first[column]], kSecond[second[row]]);
}

}  // namespace

int max_stems() { return static_cast<int>(kFirst.size() * kSecond.size()); }

int free_names_for_tuning(int old_per_kind) { return old_per_kind / 2 / 3; }

NameTable make_names(uint64_t pair_seed, int old_per_kind) {
  const auto stems = static_cast<uint32_t>(old_per_kind * 3 / 2);
  const auto first = random_permutation(kFirst.size(), RandomStream(pair_seed, "world.names.first"));
  const auto second = random_permutation(kSecond.size(), RandomStream(pair_seed, "world.names.second"));
  const auto order = random_permutation(stems, RandomStream(pair_seed, "world.names.order"));
  const auto tuning = static_cast<size_t>(free_names_for_tuning(old_per_kind));

  NameTable table;
  for (uint32_t i = 0; i < stems; ++i) {
    const std::string text = stem(order[i], first, second);
    for (int kind = 0; kind < kKinds; ++kind) {
      const std::string name = fmt::format("{} {}", text, kind_word(static_cast<EntityKind>(kind)));
      if (static_cast<int>(i % kKinds) != kind) {
        table.old_names[kind].push_back(name);
      } else if (table.free_for_tuning[kind].size() < tuning) {
        table.free_for_tuning[kind].push_back(name);
      } else {
        table.free_for_report[kind].push_back(name);
      }
    }
  }
  return table;
}

}  // namespace evergreen::world
