// What extract, apply and graft have in common: an operation that is planned, and then run into a directory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evergreen/residual/compatibility.hpp"
#include "evergreen/residual/residual.hpp"

namespace evergreen {

struct Operation {
  std::string name;          // "graft"
  std::vector<Role> inputs;  // in the order of evergreen.json
  Combination combination = {};
  fs::path config_from = {},
           tokenizer_from = {};  // the model whose configuration, and whose tokenizer the output has
  std::string tokenizer_role = {};
  bool tokenizer_config =
      true;  // end-of-text tokens are those of tokenizer_from's config.json; false: of config_from's
  std::vector<std::string> notes = {};
};

// What all operations check first.
void require_sensible(const ResidualOptions& options);

// How each tensor's residual is scaled.
ScaleRule scale_rule(const ResidualOptions& options);

// Checks the directories' other files, writes, publishes. A fault of the inputs leaves nothing (of one process among several: what
// the others do); a stop leaves OUT.partial to be continued.
ResidualReport run(Operation operation, const fs::path& out, const ResidualOptions& options);

}  // namespace evergreen
