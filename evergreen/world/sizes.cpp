#include "evergreen/world/sizes.hpp"

#include <string_view>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/world/names.hpp"
#include "evergreen/world/pools.hpp"

namespace evergreen::world {
namespace {

void require_range(std::string_view name, int value, int least, int most) {
  if (value >= least && value <= most) return;
  throw Error(ErrorKind::input,
              fmt::format("{} is {}, expected a number from {} to {}", name, value, least, most),
              "sizes of the built-in world");
}

}  // namespace

WorldSizes WorldSizes::small() {
  return {.old_per_kind = 16,
          .held_out_per_kind = 4,
          .new_per_kind = 2,
          .changed = 3,
          .heads = 8,
          .places = 8,
          .things = 8};
}

void check_sizes(const WorldSizes& sizes) {
  require_range("old_per_kind", sizes.old_per_kind, 12, max_stems() * 2 / 3);
  if (sizes.old_per_kind % 2 != 0) {
    throw Error(ErrorKind::input,
                fmt::format("old_per_kind is {}, expected an even number", sizes.old_per_kind),
                "sizes of the built-in world");
  }
  require_range("held_out_per_kind", sizes.held_out_per_kind, 2, sizes.old_per_kind / 2);
  require_range("new_per_kind", sizes.new_per_kind, 1, free_names_for_tuning(sizes.old_per_kind));
  require_range("changed", sizes.changed, 0, (sizes.old_per_kind - sizes.held_out_per_kind) / 3 * 3);
  require_range("heads", sizes.heads, 4, kHeadsAvailable);
  require_range("places", sizes.places, 4, kPlacesAvailable);
  require_range("things", sizes.things, 4, kThingsAvailable);
}

}  // namespace evergreen::world
