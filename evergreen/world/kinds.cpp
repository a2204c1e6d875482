#include "evergreen/world/kinds.hpp"

namespace evergreen::world {

std::string_view kind_name(EntityKind kind) {
  constexpr std::array<std::string_view, kKinds> kNames = {"company", "club", "country"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view kind_plural(EntityKind kind) {
  constexpr std::array<std::string_view, kKinds> kNames = {"companies", "clubs", "countries"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view kind_word(EntityKind kind) {
  constexpr std::array<std::string_view, kKinds> kWords = {"corp", "fc", "land"};
  return kWords[static_cast<size_t>(kind)];
}

std::string_view relation_name(const Relation& relation) {
  constexpr std::array<std::string_view, kKinds* kSlots> kNames = {
      "ceo", "base", "product", "coach", "home", "mascot", "president", "capital", "export"};
  return kNames[static_cast<size_t>(index_of(relation))];
}

}  // namespace evergreen::world
