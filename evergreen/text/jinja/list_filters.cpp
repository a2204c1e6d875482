#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "evergreen/text/jinja/filter_groups.hpp"
#include "evergreen/text/jinja/text_methods.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen::jinja {
namespace {

using Form = Sequence::Form;
using Keyed = std::vector<std::pair<Value, Value>>;  // (key, item)

Value without_case(Runtime& runtime, const Value& value) {
  return value.is_text() ? runtime.text(to_lower(value.as_text())) : value;
}

Value generator(Runtime& runtime, std::vector<Value> items) {
  return runtime.sequence(std::move(items), Form::generator);
}

Value list(Runtime& runtime, const Value& input, CallArguments&) {
  return runtime.list(runtime.iterate(input));
}

Value first(Runtime& runtime, const Value& input, CallArguments&) {
  if (input.is_sequence() &&
      !input.as_sequence().has_length()) {  // a generator gives one item, the rest stays
    const Sequence& sequence = input.as_sequence();
    if (sequence.consumed < sequence.items.size()) return sequence.items[sequence.consumed++];
    return Value::undefined("No first item, sequence was empty.");
  }
  std::vector<Value> items = runtime.iterate(input);
  return items.empty() ? Value::undefined("No first item, sequence was empty.") : items.front();
}

Value last(Runtime& runtime, const Value& input, CallArguments&) {
  if (input.is_sequence() && !input.as_sequence().has_length()) {
    runtime.fail("'generator' object is not reversible");
  }
  std::vector<Value> items = runtime.iterate(input);
  return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.back();
}

Value reverse(Runtime& runtime, const Value& input, CallArguments&) {
  std::vector<Value> items = runtime.iterate(input);
  std::reverse(items.begin(), items.end());
  if (!input.is_text()) return generator(runtime, std::move(items));
  std::string text;
  for (const Value& item : items) text += item.as_text();
  return runtime.text(std::move(text));
}

Value join(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "join", arguments, {"d", "attribute"});
  const std::string separator = runtime.str(bound.get_or(0, runtime.text("")));
  std::string out;
  bool later = false;
  for (const Value& item : runtime.iterate(input)) {
    const Value part = bound.has(1) && !bound.get(1).is_none() ? get_path(runtime, item, bound.get(1)) : item;
    if (std::exchange(later, true)) out += separator;
    const std::string text = runtime.str(part);
    runtime.charge(static_cast<int64_t>(text.size() + separator.size()));
    out += text;
  }
  return runtime.text(std::move(out));
}

Value items(Runtime& runtime, const Value& input, CallArguments&) {
  if (input.is_undefined()) return generator(runtime, {});
  if (!input.is_dict()) runtime.fail("Can only get item pairs from a mapping.");
  std::vector<Value> pairs;
  for (const auto& [name, value] : input.as_dict().entries()) {
    pairs.push_back(runtime.sequence({name, value}, Form::tuple));
  }
  return generator(runtime, std::move(pairs));
}

Value sorted_items(Runtime& runtime, Keyed keyed, bool reversed) {
  sort_by_keys(runtime, keyed, reversed);
  std::vector<Value> sorted;
  for (auto& [key, item] : keyed) sorted.push_back(std::move(item));
  return runtime.list(std::move(sorted));
}

Value sort_dict(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "dictsort", arguments, {"case_sensitive", "by", "reverse"});
  const std::string by = bound.text_or(1, "key");
  if (by != "key" && by != "value") runtime.fail("You can only sort by either \"key\" or \"value\"");
  runtime.require_defined(input);
  if (!input.is_dict()) runtime.fail(fmt::format("'{}' object has no attribute 'items'", type_name(input)));
  Keyed keyed;
  for (const auto& [name, value] : input.as_dict().entries()) {
    const Value& key = by == "key" ? name : value;
    keyed.emplace_back(bound.flag_or(0, false) ? key : without_case(runtime, key),
                       runtime.sequence({name, value}, Form::tuple));
  }
  return sorted_items(runtime, std::move(keyed), bound.flag_or(2, false));
}

Value sort(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "sort", arguments, {"reverse", "case_sensitive", "attribute"});
  std::vector<Value> paths;
  if (bound.has(2) && bound.get(2).is_text()) {
    for (const std::string& part : split(bound.text(2), ",", -1, false)) paths.push_back(runtime.text(part));
  } else {
    paths.push_back(bound.get_or(2, Value()));
  }
  Keyed keyed;
  for (const Value& item : runtime.iterate(input)) {
    std::vector<Value> keys;
    for (const Value& path : paths) {
      const Value key = path.is_none() ? item : get_path(runtime, item, path);
      keys.push_back(bound.flag_or(1, false) ? key : without_case(runtime, key));
    }
    keyed.emplace_back(runtime.list(std::move(keys)), item);
  }
  return sorted_items(runtime, std::move(keyed), bound.flag_or(0, false));
}

Value key_of(Runtime& runtime, const Value& item, const Value& path, bool case_sensitive) {
  const Value key = path.is_none() ? item : get_path(runtime, item, path);
  return case_sensitive ? key : without_case(runtime, key);
}

Value unique(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "unique", arguments, {"case_sensitive", "attribute"});
  std::set<std::string> seen;
  std::vector<Value> kept;
  for (const Value& item : runtime.iterate(input)) {
    const Value key = key_of(runtime, item, bound.get_or(1, Value()), bound.flag_or(0, false));
    if (seen.insert(runtime.key(key)).second) kept.push_back(item);
  }
  return generator(runtime, std::move(kept));
}

template <bool largest>
Value extreme(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "min", arguments, {"case_sensitive", "attribute"});
  std::optional<std::pair<Value, Value>> best;
  for (const Value& item : runtime.iterate(input)) {
    const Value key = key_of(runtime, item, bound.get_or(1, Value()), bound.flag_or(0, false));
    const bool better =
        !best || (largest ? runtime.less(best->first, key, ">") : runtime.less(key, best->first, "<"));
    if (better) best = {key, item};
  }
  return best ? best->second : Value::undefined("No aggregated item, sequence was empty.");
}

Value sum(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "sum", arguments, {"attribute", "start"});
  const Value path = bound.get_or(0, Value());
  Value total = bound.get_or(1, Value::integer(0));
  if (total.is_text()) runtime.fail("sum() can't sum strings [use ''.join(seq) instead]");
  for (const Value& item : runtime.iterate(input)) {
    total = apply_operator(runtime, "+", total, path.is_none() ? item : get_path(runtime, item, path));
  }
  return total;
}

Value group_by(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "groupby", arguments, {"attribute", "default", "case_sensitive"});
  const auto plain_key = [&](const Value& item) {
    const Value key = get_path(runtime, item, bound.get(0));
    return key.is_undefined() && bound.has(1) ? bound.get(1) : key;
  };
  const bool exact = bound.flag_or(2, false);
  Keyed keyed;
  for (const Value& item : runtime.iterate(input)) {
    const Value key = plain_key(item);
    keyed.emplace_back(exact ? key : without_case(runtime, key), item);
  }
  sort_by_keys(runtime, keyed, false);
  std::vector<Value> groups;
  for (size_t i = 0; i < keyed.size();) {
    std::vector<Value> members;
    const size_t begin = i;
    for (; i < keyed.size() && runtime.equal(keyed[i].first, keyed[begin].first); ++i)
      members.push_back(keyed[i].second);
    if (members.empty()) members.push_back(keyed[i++].second);  // a key that does not equal itself
    const Value key = plain_key(members.front());
    groups.push_back(runtime.sequence({key, runtime.list(std::move(members))}, Form::tuple));
  }
  return runtime.list(std::move(groups));
}

Value batch(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "batch", arguments, {"linecount", "fill_with"});
  const int64_t size = bound.whole(0);
  std::vector<Value> batches, current;
  for (const Value& item : runtime.iterate(input)) {
    if (static_cast<int64_t>(current.size()) == size)
      batches.push_back(runtime.list(std::exchange(current, {})));
    current.push_back(item);
  }
  if (!current.empty()) {
    const Value fill = bound.get_or(1, Value());
    while (!fill.is_none() && static_cast<int64_t>(current.size()) < size) {
      runtime.charge(64);
      current.push_back(fill);
    }
    batches.push_back(runtime.list(std::move(current)));
  }
  return generator(runtime, std::move(batches));
}

Value slice(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "slice", arguments, {"slices", "fill_with"});
  const int64_t count = bound.whole(0);
  if (count == 0) runtime.fail("integer division or modulo by zero");
  const std::vector<Value> all = runtime.iterate(input);
  const auto length = static_cast<int64_t>(all.size());
  std::vector<Value> slices;
  int64_t at = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t size = length / count + (i < length % count);
    std::vector<Value> part(all.begin() + at, all.begin() + at + size);
    at += size;
    if (bound.has(1) && !bound.get(1).is_none() && i >= length % count) part.push_back(bound.get(1));
    slices.push_back(runtime.list(std::move(part)));
  }
  return generator(runtime, std::move(slices));
}

Value map(Runtime& runtime, const Value& input, CallArguments& arguments) {
  if (!is_true(input)) return generator(runtime, {});
  std::vector<Value> results;
  if (arguments.positional.empty()) {
    const BoundArguments bound(runtime, "map", arguments, {"attribute", "default"});
    if (!bound.has(0)) runtime.fail("map requires a filter argument");
    for (const Value& item : runtime.iterate(input)) {
      const Value found = get_path(runtime, item, bound.get(0));
      const bool missing = found.is_undefined() && bound.has(1) && !bound.get(1).is_none();
      results.push_back(missing ? bound.get(1) : found);
    }
    return generator(runtime, std::move(results));
  }
  const std::string name = runtime.str(arguments.positional.front());
  const FilterFn filter = find_filter(runtime.dialect(), name);
  if (filter == nullptr) runtime.fail(fmt::format("No filter named '{}'.", name));
  arguments.positional.erase(arguments.positional.begin());
  const Runtime::Nesting nesting(runtime);
  for (const Value& item : runtime.iterate(input)) {
    CallArguments once = arguments;
    runtime.charge(kStepWork);
    results.push_back(filter(runtime, item, once));
  }
  return generator(runtime, std::move(results));
}

// select, reject, selectattr, rejectattr.
template <bool wanted, bool by_attribute>
Value select(Runtime& runtime, const Value& input, CallArguments& arguments) {
  if (!is_true(input)) return generator(runtime, {});
  auto& given = arguments.positional;
  Value path;
  if (by_attribute) {
    if (given.empty()) runtime.fail("Missing parameter for attribute name");
    path = given.front();
    given.erase(given.begin());
  }
  TestFn test = nullptr;
  if (!given.empty()) {
    const std::string name = runtime.str(given.front());
    test = find_test(name);
    if (test == nullptr) runtime.fail(fmt::format("No test named '{}'.", name));
    given.erase(given.begin());
  }
  std::vector<Value> kept;
  for (const Value& item : runtime.iterate(input)) {
    const Value tested = by_attribute ? get_path(runtime, item, path) : item;
    CallArguments once = arguments;
    runtime.charge(kStepWork);
    if ((test ? test(runtime, tested, once) : is_true(tested)) == wanted) kept.push_back(item);
  }
  return generator(runtime, std::move(kept));
}

}  // namespace

void sort_by_keys(Runtime& runtime, std::vector<std::pair<Value, Value>>& keys_and_items, bool reverse) {
  // Comparing may throw: std::stable_sort stays valid, what it leaves is thrown away.
  const auto before = [&](const auto& a, const auto& b) {
    return reverse ? runtime.less(b.first, a.first, "<") : runtime.less(a.first, b.first, "<");
  };
  std::stable_sort(keys_and_items.begin(), keys_and_items.end(), before);
}

FilterTable list_filters() {
  return {{"batch", batch},
          {"dictsort", sort_dict},
          {"first", first},
          {"groupby", group_by},
          {"items", items},
          {"join", join},
          {"last", last},
          {"list", list},
          {"map", map},
          {"max", extreme<true>},
          {"min", extreme<false>},
          {"reject", select<false, false>},
          {"rejectattr", select<false, true>},
          {"reverse", reverse},
          {"select", select<true, false>},
          {"selectattr", select<true, true>},
          {"slice", slice},
          {"sort", sort},
          {"sum", sum},
          {"unique", unique}};
}

}  // namespace evergreen::jinja
