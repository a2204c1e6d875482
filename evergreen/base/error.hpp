// The one exception type of evergreen.
//
// An error says what is wrong, where, and what to do next: three sentences without full stop, in lower case.
// The library throws and never prints or exits; `main` alone catches. assert() is for bugs of our own.
#pragma once

#include <exception>
#include <string>

namespace evergreen {

enum class ErrorKind {
  usage,        // the command or option does not exist or contradicts another     exit code 2
  input,        // a file or value given by the user is wrong                       3
  io,           // the operating system refused a read or write                     4
  resource,     // out of memory or disk                                            5
  internal,     // a bug of ours                                                    70
  interrupted,  // stopped by a signal, state saved                                 130
};

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string what, std::string where = {}, std::string next = {});

  const char* what() const noexcept override { return text_.c_str(); }
  ErrorKind kind() const { return kind_; }
  const std::string& problem() const { return what_; }
  const std::string& where() const { return where_; }
  const std::string& next() const { return next_; }

 private:
  ErrorKind kind_;
  std::string what_, where_, next_, text_;
};

// The process' exit code for each kind.
int exit_code(ErrorKind kind);

// Error{io or resource} for a failed system call: `what` plus the text of `error_number`. ENOSPC, EDQUOT and
// ENOMEM are resources, everything else is io.
Error system_error(int error_number, const std::string& what, const std::string& where);

}  // namespace evergreen
