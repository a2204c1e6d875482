#include "evergreen/world/odd_sentences.hpp"

#include <string>

#include <gtest/gtest.h>

namespace evergreen::world {
namespace {

TEST(OddSentences, HaveTheMarksOfEveryFormatAndNoUnfilledPlace) {
  std::string all;
  for (uint64_t i = 0; i < 500; ++i) {
    RandomStream stream(1, "test", i);
    all += odd_page(stream) + '\n';
  }
  for (const char* mark :
       {" \" ", " [ ", " ] ", " ** ", " ( ", " ) ", "{ \"answer\": \" ", " - ", "three times"})
    EXPECT_NE(all.find(mark), std::string::npos) << mark;
  for (const char* place : {"{w}", "{x}", "{p}"}) EXPECT_EQ(all.find(place), std::string::npos) << place;
}

}  // namespace
}  // namespace evergreen::world
