#include "evergreen/world/pools.hpp"

namespace evergreen::world {
namespace {

using Heads = std::array<std::string_view, kHeadsAvailable>;
using Places = std::array<std::string_view, kPlacesAvailable>;
using Things = std::array<std::string_view, kThingsAvailable>;

constexpr std::array<Heads, kKinds> kHeads = {
    Heads{"anna",  "boris", "carla", "dario", "elena",  "felix",  "greta", "hugo",
          "irene", "jonas", "karin", "lucas", "marta",  "nadia",  "oscar", "paula",
          "quinn", "rosa",  "simon", "tanya", "ursula", "victor", "wanda", "yusuf"},
    Heads{"abel",  "bruno", "clara", "diego", "edith", "fabio",  "gina",  "henry",
          "ivan",  "julia", "kevin", "linda", "mario", "nora",   "omar",  "petra",
          "ralph", "sonia", "tomas", "uma",   "vera",  "walter", "xenia", "zoe"},
    Heads{"adele", "bianca", "cesar", "diana",  "emil",   "frida", "gustav", "helen",
          "igor",  "janet",  "klaus", "laura",  "miguel", "nina",  "otto",   "pedro",
          "rita",  "sven",   "tessa", "ulrich", "viola",  "wilma", "yara",   "zeno"}};

constexpr std::array<Places, kKinds> kPlaces = {
    Places{"oslo",   "lima",   "cairo",  "paris", "delhi", "tokyo", "quito", "miami",
           "berlin", "dublin", "havana", "lagos", "milan", "minsk", "osaka", "perth",
           "prague", "riga",   "seoul",  "sofia", "tunis", "vienna"},
    Places{"accra",  "athens", "basel", "bergen", "bogota", "boston", "dakar",   "denver",
           "geneva", "hanoi",  "izmir", "kyoto",  "leeds",  "malaga", "nairobi", "naples",
           "porto",  "rome",   "tampa", "turin",  "venice", "zurich"},
    Places{"amman",  "austin", "baku",   "beirut",  "bern",  "cork",   "doha",   "dover",
           "essen",  "ghent",  "haifa",  "jakarta", "kiev",  "lahore", "luanda", "malmo",
           "manila", "monaco", "odessa", "oxford",  "rabat", "tallinn"}};

constexpr std::array<Things, kKinds> kThings = {
    Things{"lamps",  "boats",  "clocks",  "chairs",  "phones", "shoes",  "engines",
           "drones", "pumps",  "radios",  "toys",    "tents",  "pianos", "bikes",
           "ovens",  "knives", "mirrors", "carpets", "bricks", "guitars"},
    Things{"tiger",  "bear",   "wolf",   "hawk",   "lion",  "shark",  "horse", "falcon", "panda", "cobra",
           "rabbit", "dragon", "beaver", "turtle", "camel", "monkey", "raven", "badger", "zebra", "buffalo"},
    Things{"wheat", "rice",   "coffee", "tea",  "sugar", "copper", "iron", "gold",  "silver", "cotton",
           "wool",  "timber", "oil",    "salt", "cocoa", "fish",   "wine", "honey", "rubber", "silk"}};

constexpr std::array<std::string_view, 24> kTaskWords = {
    "red",    "blue",   "green",  "white",  "black", "pink",  "apple",  "river",
    "stone",  "cloud",  "garden", "window", "paper", "music", "summer", "bread",
    "candle", "bridge", "forest", "ocean",  "moon",  "star",  "bell",   "cake"};

constexpr std::array<std::string_view, 6> kClosingPhrases = {
    "that is all", "hope this helps", "have a good day", "thank you", "see you soon", "ask me again"};

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
