#include "evergreen/ifeval/check_response.hpp"

#include <algorithm>
#include <list>
#include <string>

#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

// The loose readings beside the response itself, without those that are empty or equal to an earlier one.
class LooseReadings {
 public:
  LooseReadings(std::string_view response, const CheckOptions& options) : options_(options) {
    seen_.push_back(response);
    const size_t first = response.find('\n'), last = response.rfind('\n');
    std::vector<std::string_view> kept = {response};
    if (first != response.npos) {
      kept.push_back(strip(response.substr(first + 1)));
      kept.push_back(strip(response.substr(0, last)));
      if (first < last) kept.push_back(strip(response.substr(first + 1, last - first - 1)));
    }
    for (const std::string_view text : kept) add(text);
    if (response.find('*') == response.npos) return;
    for (const std::string_view text : kept) {
      std::string without(text);
      std::erase(without, '*');
      add(owned_.emplace_back(std::move(without)));
    }
  }

  bool any(const Instruction& instruction) const {
    return std::any_of(readings_.begin(), readings_.end(),
                       [&](const ResponseText& reading) { return instruction.followed(reading); });
  }

 private:
  void add(std::string_view text) {
    if (std::find(seen_.begin(), seen_.end(), text) != seen_.end() || strip(text).empty()) return;
    seen_.push_back(text);
    readings_.emplace_back(text, options_);
  }

  const CheckOptions& options_;
  std::list<std::string> owned_;
  std::vector<std::string_view> seen_;
  std::list<ResponseText> readings_;
};

}  // namespace

Verdicts check_response(std::span<const Instruction> instructions, std::string_view response,
                        const CheckOptions& options) {
  std::string repaired;
  if (valid_utf8_prefix(response) != response.size()) {
    append_replacing_ill_formed(repaired, response);
    response = repaired;
  }
  Verdicts verdicts;
  const bool blank = strip(response).empty();
  const ResponseText whole(response, options);
  std::optional<LooseReadings> loose;  // most responses never need them
  for (const Instruction& instruction : instructions) {
    const bool strict = !blank && instruction.followed(whole);
    verdicts.strict.push_back(strict);
    if (!strict && !loose) loose.emplace(response, options);
    verdicts.loose.push_back(strict || loose->any(instruction));
  }
  return verdicts;
}

bool all_followed(const std::vector<bool>& verdicts) {
  return std::all_of(verdicts.begin(), verdicts.end(), [](bool followed) { return followed; });
}

}  // namespace evergreen::ifeval
