// Expecting an evergreen::Error with a kind and words in its text.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "evergreen/base/error.hpp"

namespace evergreen::test {

template <class Body>
void expect_error(ErrorKind kind, const std::string& words, Body&& body) {
  try {
    body();
    ADD_FAILURE() << "no error was thrown, expected one with: " << words;
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << error.what();
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos)
        << "error: " << error.what() << "\nexpected words: " << words;
  }
}

}  // namespace evergreen::test
