#include "evergreen/ifeval/arguments.hpp"

#include <algorithm>
#include <cmath>

#include "evergreen/base/nearest.hpp"

namespace evergreen::ifeval {
namespace {

bool is_falsy(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  return value.is_null() || value.is_boolean() ? !value.is_boolean() || !value.get<bool>()
         : value.is_number()                   ? value.get<double>() == 0
                                               : value.empty();
}

}  // namespace

Arguments::Arguments(std::string instruction, const Json& kwargs, std::string where)
    : instruction_(std::move(instruction)), where_(std::move(where)), given_(Json::object()) {
  if (!kwargs.is_object()) refuse("the arguments are not a JSON object");
  for (const auto& [name, value] : kwargs.items()) {
    if (!is_falsy(value)) given_[name] = value;
  }
}

void Arguments::refuse(const std::string& problem, const std::string& next) const {
  throw Error(ErrorKind::input, fmt::format("instruction '{}': {}", instruction_, problem), where_, next);
}

const Json& Arguments::required(const std::string& name) {
  asked_.push_back(name);
  const auto found = given_.find(name);
  if (found == given_.end()) {
    refuse(fmt::format("'{}' is missing (or null, 0 or empty)", name),
           "the reference checker would draw a random one: give it");
  }
  return *found;
}

double Arguments::number(const std::string& name, bool may_be_negative) {
  const Json& value = required(name);
  if (!value.is_number()) refuse(fmt::format("'{}' is not a number", name));
  const auto number = value.get<double>();
  if (number < 0 && !may_be_negative) {
    refuse(fmt::format("'{}' is negative", name), "the reference checker would draw a random one");
  }
  return number;
}

size_t Arguments::whole_number(const std::string& name) {
  const double value = number(name);
  if (value < 1 || value != std::floor(value) || value > 1e9)
    refuse(fmt::format("'{}' is not a whole number", name));
  return static_cast<size_t>(value);
}

std::string Arguments::text(const std::string& name) {
  const Json& value = required(name);
  if (!value.is_string()) refuse(fmt::format("'{}' is not a text", name));
  return value.get<std::string>();
}

std::vector<std::string> Arguments::texts(const std::string& name) {
  const Json& value = required(name);
  if (!value.is_array()) refuse(fmt::format("'{}' is not a list of texts", name));
  std::vector<std::string> out;
  for (const Json& item : value) {
    if (!item.is_string()) refuse(fmt::format("'{}' holds something that is not a text", name));
    out.push_back(item.get<std::string>());
  }
  return out;
}

Bound Arguments::bound(const std::string& number_name, const std::string& relation_name,
                       bool may_be_negative) {
  Bound bound{number(number_name, may_be_negative), false};
  const std::string relation = text(relation_name);
  bound.less_than = relation == "less than";
  if (!bound.less_than && relation != "at least") {
    refuse(fmt::format("'{}' is '{}'", relation_name, relation), "'less than' or 'at least'");
  }
  return bound;
}

void Arguments::require_all_used() const {
  for (const auto& [name, value] : given_.items()) {
    if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) {
      refuse(fmt::format("it has no argument '{}'", name), suggest_name(name, asked_));
    }
  }
}

}  // namespace evergreen::ifeval
