#include "evergreen/base/companion_library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/base/error.hpp"

namespace evergreen {

TEST(CompanionLibrary, OneThatIsNowhereIsNone) {
  EXPECT_EQ(open_companion_library("libevergreen_of_nobody.so", "next"), nullptr);
}

TEST(CompanionLibrary, OneOfTheSystemsIsFoundByTheLoader) {
  EXPECT_NE(open_companion_library("libm.so.6", "next"), nullptr);
}

TEST(CompanionLibrary, OneBesideTheProgramThatCannotBeLoadedIsAnErrorWithTheAdvice) {
  const fs::path path = program_prefix() / "lib" / "libevergreen_damaged.so";
  fs::create_directories(path.parent_path());
  replace_file(path, std::string(4096, 'x'));  // longer than an ELF header
  try {
    open_companion_library(path.filename(), "build it again");
    ADD_FAILURE() << "a damaged library was loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_EQ(error.where(), path.string());
    EXPECT_THAT(error.problem(), testing::HasSubstr("invalid ELF header"));
    EXPECT_EQ(error.next(), "build it again");
  }
  fs::remove(path);
}

}  // namespace evergreen
