// How large a built-in world is.
//
// Errors    check_sizes: Error{input} that names the first size the world cannot be made with.
#pragma once

namespace evergreen::world {

struct WorldSizes {
  int old_per_kind = 60;       // entities known before the cut-off; even
  int held_out_per_kind = 12;  // of these, in news only: no question about them is ever answered in any text
  int new_per_kind = 10;       // entities that appear after the cut-off
  int changed = 12;            // old heads (ceo, coach, president) that are replaced after the cut-off
  int heads = 20;              // values to choose from: persons of each kind,
  int places = 20;             // cities of each kind,
  int things = 20;             // products, mascots, exports

  static WorldSizes small();  // for tests: 48 old entities
  friend bool operator==(const WorldSizes&, const WorldSizes&) = default;
};

void check_sizes(const WorldSizes& sizes);

}  // namespace evergreen::world
