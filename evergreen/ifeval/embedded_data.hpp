// The files of data/, linked into the library as they are. data/PROVENANCE.md says where they come from.
#pragma once

#include <string_view>

namespace evergreen::ifeval {

std::string_view language_profiles_file();
std::string_view punkt_english_file();

}  // namespace evergreen::ifeval
