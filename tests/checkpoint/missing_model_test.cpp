#include "evergreen/checkpoint/missing_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using testing::HasSubstr;
using testing::Not;

TEST(MissingModel, ANameOfTheHubIsToldFromAPath) {
  EXPECT_THAT(missing_model("nobody-llama/Llama-3.2-1B").next(),
              HasSubstr("hf download nobody-llama/Llama-3.2-1B --local-dir Llama-3.2-1B"));
  for (const char* path :
       {"Llama-3.2-1B", "./Llama-3.2-1B", "../Llama-3.2-1B", "/nobody/Llama-3.2-1B", "a/b/c"})
    EXPECT_THAT(missing_model(path).next(), Not(HasSubstr("hub"))) << path;
}

TEST(MissingModel, OneThatIsStillBeingMadeIsToldApart) {
  const test::TempDir dir;
  fs::create_directory(dir / "u.work");
  EXPECT_THAT(missing_model(dir / "u").next(), HasSubstr("run its command again"));
}

TEST(MissingModel, IsToldByWhatReadsModels) {
  const auto next = [](const auto& read) {
    try {
      read();
    } catch (const Error& error) {
      return error.next();
    }
    return std::string("nothing was thrown");
  };
  EXPECT_THAT(next([] { CheckpointReader reader("nobody-llama/Llama-3.2-1B"); }), HasSubstr("hf download"));
  EXPECT_THAT(next([] { read_model_config("nobody-llama/Llama-3.2-1B"); }), HasSubstr("hf download"));
}

}  // namespace evergreen
