// The README.md that a model or residual carries on the Hugging Face hub: YAML front matter and a page of text.
#pragma once

#include <string>

#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/residual/residual_report.hpp"

namespace evergreen {

// `name` heads the page; `provenance` has inputs, settings and command.
std::string make_model_card(const std::string& name, const Provenance& provenance,
                            const ResidualReport& report, const std::string& command_line);

// How such a page ends, of a model or of an adapter: inputs, notes, command and hash.
std::string make_card_ending(const Provenance& provenance, const std::vector<std::string>& notes,
                             const std::string& command_line);

// The name on the hub of a model in a hub cache (".../models--org--name/snapshots/..."), else the directory's.
std::string hub_name(const fs::path& path);

}  // namespace evergreen
