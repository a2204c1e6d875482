// The evaluation of the built-in world: items with checks that a program makes, fixed before any seed is drawn.
//
//   format_fact         a fact of a held-out entity, in one of the eleven formats that are not plain   154
//   word_request        word tasks never asked in training text, refusals about held-out entities       90
//   old_fact            a fact of a held-out entity, by chat, plain                                      80
//   new_fact            a fact of a new entity, by chat, plain                                           80
//   changed_fact        the new head of a changed entity, by chat, plain                                 12
//   new_fact_in_format  a fact of a new entity, in one of the eleven formats                             66
//   new_fact_choice     a sentence about a new entity with four values to end it, raw text               90
//
// The report's figures: "format followed" is the share of format_fact and word_request for which
// follows_format holds; new_fact_in_format counts where answer_correct holds, which needs the form and the
// value; the others likewise. Items are about the entities of world.seeds.set only: the report's and the ones
// for tuning share none. A smaller world has fewer facts: then there are as many items as it gives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evergreen/world/requests.hpp"
#include "evergreen/world/world.hpp"

namespace evergreen::world {

enum class ItemKind {
  format_fact,
  word_request,
  old_fact,
  new_fact,
  changed_fact,
  new_fact_in_format,
  new_fact_choice
};
inline constexpr int kItemKinds = 7;
inline constexpr int kChoices = 4;
std::string_view item_kind_name(ItemKind kind);

struct Item {
  std::string id;  // "report-new_fact-003"
  ItemKind kind = ItemKind::format_fact;
  Request request;                   // of chat items: user text, reference answer, format, value
  std::string prefix;                // of choice items: raw text ...
  std::vector<std::string> choices;  // ... and its continuations, each with the space it begins with
  int gold = -1;                     // index of the true one
};

struct ItemCounts {
  int each_format = 14, each_word_task = 15, refusals = 15;
  int old_facts = 80, new_facts = 80, each_new_format = 6, new_choices = 90;
};

std::vector<Item> make_items(const World& world, const ItemCounts& counts = {});

}  // namespace evergreen::world
