#include "evergreen/checkpoint/staged_directory.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include "evergreen/base/error.hpp"
#include "evergreen/checkpoint/partial_directory.hpp"

namespace evergreen {
namespace {

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

[[noreturn]] void throw_exists(const fs::path& out) {
  throw Error(ErrorKind::input, "the output exists already", out.string(),
              "choose another name or remove it");
}

bool exists_even_dangling(const fs::path& path) {
  std::error_code failed;
  return fs::exists(fs::symlink_status(path, failed));
}

}  // namespace

void require_new_output(const fs::path& path) {
  if (path.empty())
    throw Error(ErrorKind::usage, "the name of the output is empty", "--out", "name a directory to make");
  const fs::path out = without_slash(path);
  if (exists_even_dangling(out)) {
    if (fs::is_directory(out)) remove_bookkeeping(out);  // a kill came just after it was published
    throw_exists(out);
  }
  const fs::path parent = parent_of(out);
  std::error_code failed;
  if (!fs::is_directory(parent, failed)) {
    throw Error(ErrorKind::input, "there is no directory to make the output in", parent.string(),
                "make it first");
  }
  if (::access(parent.c_str(), W_OK | X_OK) != 0) {
    throw system_error(errno, "cannot write in the output's directory", parent.string());
  }
}

void sync_tree(const fs::path& directory) {
  try {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
      if (entry.is_symlink()) continue;
      if (entry.is_regular_file()) File(entry.path(), File::Mode::read).sync();
      if (entry.is_directory()) sync_directory(entry.path());
    }
  } catch (const fs::filesystem_error& error) {
    throw system_error(error.code().value(), "cannot write the directory to the disk", directory.string());
  }
  sync_directory(directory);
}

void publish_directory(const fs::path& staged, const fs::path& out, bool sync) {
  if (sync) sync_tree(staged);
  int failed = ::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, out.c_str(), RENAME_NOREPLACE);
  if (failed != 0 && errno == EINVAL) {  // a file system that cannot promise it: look first, then rename
    if (exists_even_dangling(out)) throw_exists(out);
    failed = ::rename(staged.c_str(), out.c_str());
  }
  if (failed != 0 && (errno == EEXIST || errno == ENOTEMPTY)) throw_exists(out);
  if (failed != 0) throw system_error(errno, "cannot rename " + staged.string(), out.string());
  if (sync) sync_directory(parent_of(out));
}

}  // namespace evergreen
