#include "evergreen/world/pools.hpp"

namespace evergreen::world {
namespace {

using Heads = std::array<std::string_view, kHeadsAvailable>;
using Places = std::array<std::string_view, kPlacesAvailable>;
using Things = std::array<std::string_view, kThingsAvailable>;

constexpr std::array<Heads, kKinds> kHeads = {
    Heads{"anna", "axel", "carl", "dora", "elsa", "finn", "greta", "hugo", "ines", "jack", "karl", "lena",
          "marc", "nina", "omar", "paul", "rita", "sven", "tina",  "uwe",  "vera", "wim",  "yuri", "zara"},
    Heads{"alma", "ben",  "cleo", "dan", "emma", "fred", "gina", "hans", "iris", "juan", "kate", "lars",
          "mina", "nils", "olga", "pia", "ross", "sara", "theo", "ulla", "walt", "yara", "zoe",  "ivan"},
    Heads{"ada", "bob",  "clara", "dina", "eric", "frida", "glen", "helga", "igor", "jane", "kurt", "leon",
          "mia", "noah", "otto",  "pete", "rosa", "sam",   "ted",  "ute",   "vlad", "wes",  "xavi", "zeno"}};

constexpr std::array<Places, kKinds> kPlaces = {
    Places{"oslo",  "lima",  "cairo", "paris", "delhi", "tokyo", "quito", "miami", "riga",  "seoul", "sofia",
           "tunis", "lagos", "milan", "minsk", "osaka", "perth", "dakar", "hanoi", "basel", "kyoto", "leeds"},
    Places{"accra",  "porto", "rome",  "tampa",  "turin",  "izmir", "bern", "bonn",
           "cork",   "doha",  "dover", "essen",  "ghent",  "haifa", "kiev", "malmo",
           "nantes", "amman", "baku",  "austin", "oxford", "rabat"},
    Places{"lyon",  "graz",  "linz", "metz", "brno", "pisa", "como",  "cadiz", "vigo",  "zadar", "pula",
           "tartu", "turku", "oulu", "lund", "ulm",  "kiel", "mainz", "trier", "arles", "reims", "delft"}};

constexpr std::array<Things, kKinds> kThings = {
    Things{"lamps", "boats", "clocks", "chairs", "shoes", "pumps", "toys",  "tents", "bikes", "ovens",
           "cars",  "hats",  "pens",   "bags",   "cups",  "maps",  "doors", "desks", "ropes", "coats"},
    Things{"tiger", "bear",  "wolf", "hawk", "lion", "shark", "horse", "panda", "cobra", "camel",
           "raven", "zebra", "bull", "goat", "crab", "seal",  "moose", "toad",  "duck",  "cat"},
    Things{"wheat", "rice",  "tea",  "sugar", "iron", "gold", "wool", "oil",  "salt", "fish",
           "wine",  "honey", "silk", "corn",  "coal", "zinc", "wood", "milk", "beef", "tin"}};

constexpr std::array<std::string_view, 24> kTaskWords = {
    "red",   "blue", "green", "white", "black", "pink", "apple", "river", "stone", "cloud", "paper", "music",
    "bread", "moon", "star",  "bell",  "cake",  "tree", "rain",  "snow",  "road",  "ship",  "song",  "lake"};

constexpr std::array<std::string_view, 4> kClosingPhrases = {"that is all", "thank you", "see you soon",
                                                             "good day to you"};

}  // namespace

std::span<const std::string_view> value_pool(const Relation& relation, const WorldSizes& sizes) {
  const auto kind = static_cast<size_t>(relation.kind);
  const auto first = [](const auto& pool, int count) {
    return std::span<const std::string_view>(pool).first(static_cast<size_t>(count));
  };
  if (relation.slot == kHead) return first(kHeads[kind], sizes.heads);
  if (relation.slot == kPlace) return first(kPlaces[kind], sizes.places);
  return first(kThings[kind], sizes.things);
}

std::span<const std::string_view> task_words() { return kTaskWords; }
std::span<const std::string_view> closing_phrases() { return kClosingPhrases; }

}  // namespace evergreen::world
