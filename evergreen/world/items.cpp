#include "evergreen/world/items.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "evergreen/world/draw.hpp"
#include "evergreen/world/pools.hpp"
#include "evergreen/world/wording.hpp"

namespace evergreen::world {
namespace {

struct Fact {
  const Entity* entity = nullptr;
  int slot = kHead;
};
using Facts = std::vector<Fact>;

Facts facts_of(const std::vector<const Entity*>& entities) {
  Facts facts;
  for (const Entity* entity : entities)
    for (int slot = 0; slot < kSlots; ++slot) facts.push_back({entity, slot});
  return facts;
}

std::vector<const Entity*> pointers(const std::vector<Entity>& entities) {
  std::vector<const Entity*> result;
  for (const Entity& entity : entities) result.push_back(&entity);
  return result;
}

// Makes the items of one world. What is about old entities is a function of the pair seed only: every future
// of a pair is asked the same.
class ItemMaker {
 public:
  ItemMaker(const World& world, std::vector<Item>& items) : world_(world), items_(items) {}

  void chat(ItemKind kind, Request request) {
    items_.push_back({next_id(kind), kind, std::move(request), {}, {}, -1});
  }

  // `count` facts at most, each once, asked in the format.
  void facts(ItemKind kind, Facts facts, Format format, int count) {
    RandomStream stream = stream_for(kind, format_name(format));
    shuffle(facts, stream);
    facts.resize(std::min(facts.size(), static_cast<size_t>(count)));
    for (const Fact& fact : facts)
      chat(kind, fact_request(*fact.entity, fact.slot, draw_format(format, stream), stream));
  }

  void word_tasks(WordTaskKind task, int count) {
    RandomStream stream = stream_for(ItemKind::word_request, word_task_name(task));
    std::set<std::string> asked;
    for (int tries = 0; tries < 100 * count && static_cast<int>(asked.size()) < count; ++tries) {
      Request request = word_request(task, world_.seeds.set, stream);
      if (asked.insert(request.subject).second) chat(ItemKind::word_request, std::move(request));
    }
  }

  void refusals(std::vector<const Entity*> entities, int count) {
    RandomStream stream = stream_for(ItemKind::word_request, "refusal");
    shuffle(entities, stream);
    for (int i = 0; i < std::min(count, static_cast<int>(entities.size())); ++i)
      chat(ItemKind::word_request, refusal_request(*entities[static_cast<size_t>(i)], stream));
  }

  void choices(Facts facts, int count) {
    RandomStream stream = stream_for(ItemKind::new_fact_choice, "raw");
    shuffle(facts, stream);
    facts.resize(std::min(facts.size(), static_cast<size_t>(count)));
    for (const Fact& fact : facts) choice(fact, stream);
  }

 private:
  void choice(const Fact& fact, RandomStream& stream) {
    const Relation relation{fact.entity->kind, fact.slot};
    const std::string& truth = fact.entity->values[static_cast<size_t>(fact.slot)];
    const std::string_view pattern = pick(wording(relation).named, stream);
    std::vector<std::string> values = {truth};
    while (values.size() < kChoices) {
      const std::string value(pick(value_pool(relation, world_.sizes), stream));
      if (std::ranges::find(values, value) == values.end()) values.push_back(value);
    }
    shuffle(values, stream);

    Item item{next_id(ItemKind::new_fact_choice), ItemKind::new_fact_choice, {}, {}, {}, -1};
    item.request.entity = fact.entity->name;
    item.request.value = truth;
    item.prefix = split_at_value(pattern, fact.entity->name, truth).prefix;
    for (const std::string& value : values)
      item.choices.push_back(split_at_value(pattern, fact.entity->name, value).continuation);
    item.gold = static_cast<int>(std::ranges::find(values, truth) - values.begin());
    items_.push_back(std::move(item));
  }

  std::string set_name() const { return world_.seeds.set == ItemSet::report ? "report" : "tuning"; }

  RandomStream stream_for(ItemKind kind, std::string_view what) const {
    const bool old =
        kind == ItemKind::format_fact || kind == ItemKind::word_request || kind == ItemKind::old_fact;
    const uint64_t seed = old ? world_.seeds.pair : world_.seeds.future;
    return {seed, fmt::format("world.items.{}.{}.{}", set_name(), item_kind_name(kind), what)};
  }

  std::string next_id(ItemKind kind) const {
    const auto number = std::ranges::count(items_, kind, &Item::kind);
    return fmt::format("{}-{}-{:03}", set_name(), item_kind_name(kind), number);
  }

  const World& world_;
  std::vector<Item>& items_;
};

}  // namespace

std::string_view item_kind_name(ItemKind kind) {
  constexpr std::array<std::string_view, kItemKinds> kNames = {
      "format_fact",  "word_request",       "old_fact",       "new_fact",
      "changed_fact", "new_fact_in_format", "new_fact_choice"};
  return kNames[static_cast<size_t>(kind)];
}

std::vector<Item> make_items(const World& world, const ItemCounts& counts) {
  const auto held_out = world.with(held_out_for(world.seeds.set));
  const Facts old_facts = facts_of(held_out), new_facts = facts_of(pointers(world.new_entities));
  std::vector<Entity> changed;
  Facts changed_facts;
  for (const Change& change : world.changes) changed.push_back(world.changed_entity(change));
  for (const Entity& entity : changed) changed_facts.push_back({&entity, kHead});

  std::vector<Item> items;
  ItemMaker make(world, items);
  for (int f = 1; f < kFormats; ++f) {
    make.facts(ItemKind::format_fact, old_facts, static_cast<Format>(f), counts.each_format);
    make.facts(ItemKind::new_fact_in_format, new_facts, static_cast<Format>(f), counts.each_new_format);
  }
  for (int t = 0; t < kWordTaskKinds; ++t)
    make.word_tasks(static_cast<WordTaskKind>(t), counts.each_word_task);
  make.refusals(held_out, counts.refusals);
  make.facts(ItemKind::old_fact, old_facts, Format::plain, counts.old_facts);
  make.facts(ItemKind::new_fact, new_facts, Format::plain, counts.new_facts);
  make.facts(ItemKind::changed_fact, changed_facts, Format::plain, static_cast<int>(changed_facts.size()));
  make.choices(new_facts, counts.new_choices);
  return items;
}

}  // namespace evergreen::world
