#include "evergreen/base/error.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace evergreen {
namespace {

std::string join(const std::string& what, const std::string& where, const std::string& next) {
  std::string text = what;
  if (!where.empty()) text += "\n  where  " + where;
  if (!next.empty()) text += "\n  next   " + next;
  return text;
}

std::string advice(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "free space on that disk, or write to another one";
    case ENOMEM:
      return "close other programs, or use a machine with more memory";
    case EACCES:
    case EPERM:
      return "check the owner and the permissions of the path";
    case EROFS:
      return "write to another disk: this one is read-only";
    default:
      return {};
  }
}

}  // namespace

Error::Error(ErrorKind kind, std::string what, std::string where, std::string next)
    : kind_(kind),
      what_(std::move(what)),
      where_(std::move(where)),
      next_(std::move(next)),
      text_(join(what_, where_, next_)) {}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return 2;
    case ErrorKind::input:
      return 3;
    case ErrorKind::io:
      return 4;
    case ErrorKind::resource:
      return 5;
    case ErrorKind::internal:
      return 70;
    case ErrorKind::interrupted:
      return 130;
  }
  return 70;
}

Error system_error(int error_number, const std::string& what, const std::string& where) {
  const bool resource = error_number == ENOSPC || error_number == EDQUOT || error_number == ENOMEM;
  return {resource ? ErrorKind::resource : ErrorKind::io,
          what + ": " + std::generic_category().message(error_number), where, advice(error_number)};
}

}  // namespace evergreen
