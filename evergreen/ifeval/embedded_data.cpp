#include "evergreen/ifeval/embedded_data.hpp"

// IFEVAL_DATA is the folder, from the build. A string literal would have to be cut into pieces and costs seconds to compile.
#define EMBED(symbol, file)                            \
  asm(".pushsection .rodata\n"                         \
      ".balign 16\n" #symbol                           \
      "_begin:\n"                                      \
      ".incbin \"" IFEVAL_DATA "/" file "\"\n" #symbol \
      "_end:\n"                                        \
      ".byte 0\n"                                      \
      ".popsection\n");                                \
  extern "C" __attribute__((visibility("hidden"))) const char symbol##_begin[], symbol##_end[]

EMBED(evergreen_ifeval_languages, "language_profiles.txt");
EMBED(evergreen_ifeval_punkt, "punkt_english.txt");

namespace evergreen::ifeval {

std::string_view language_profiles_file() {
  return {evergreen_ifeval_languages_begin, evergreen_ifeval_languages_end};
}
std::string_view punkt_english_file() { return {evergreen_ifeval_punkt_begin, evergreen_ifeval_punkt_end}; }

}  // namespace evergreen::ifeval
