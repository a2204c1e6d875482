// The arguments of one instruction, for this module's sources only.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/json.hpp"

namespace evergreen::ifeval {

// "less than" or "at least" a number.
struct Bound {
  double number = 0;
  bool less_than = false;
  bool holds(size_t count) const {
    return less_than ? static_cast<double>(count) < number : static_cast<double>(count) >= number;
  }
};

class Arguments {
 public:
  Arguments(std::string instruction, const Json& kwargs, std::string where);

  double number(const std::string& name,
                bool may_be_negative = false);   // whole or not, as it is compared only
  size_t whole_number(const std::string& name);  // 1 or more
  std::string text(const std::string& name);
  std::vector<std::string> texts(const std::string& name);  // a list of at least one
  Bound bound(const std::string& number_name, const std::string& relation_name, bool may_be_negative = false);

  [[noreturn]] void refuse(const std::string& problem, const std::string& next = {}) const;
  // After the last: an argument that nobody asked for is an error.
  void require_all_used() const;

 private:
  const Json& required(const std::string& name);

  std::string instruction_, where_;
  Json given_;
  std::vector<std::string> asked_;
};

}  // namespace evergreen::ifeval
