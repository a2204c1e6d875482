// evergreen.json: where an output comes from. Every directory evergreen writes has one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen {

struct ProvenanceInput {
  std::string role;  // "base", "instruct", "corpus"
  std::string path;  // as given on the command line
  std::string hash;  // to_string(Hash128): content_hash of a checkpoint, tree hash of a file
};

struct Provenance {
  std::string command;  // "residual graft"
  std::vector<ProvenanceInput> inputs;
  std::map<std::string, std::string> settings;  // what changes the result: "scale" -> "1"
  std::optional<uint64_t> seed;
  std::string weights_hash;  // content_hash of the weights in this directory; empty: it has none
  std::map<std::string, std::string> tensors = {};  // tensor_hash of each of them; empty: not recorded
};

inline constexpr const char* kProvenanceFile = "evergreen.json";

// JSON text; version of evergreen and the format's version are added here. No dates and no host names: the
// same inputs give the same bytes.
std::string to_json_text(const Provenance& provenance);

// Null if the directory has no evergreen.json; Error{input} if it is not one.
std::optional<Provenance> read_provenance(const fs::path& directory);

}  // namespace evergreen
