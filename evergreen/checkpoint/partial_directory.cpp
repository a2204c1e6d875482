#include "evergreen/checkpoint/partial_directory.hpp"

#include <vector>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr double kMakingTakesSeconds = 60;  // of another process, which makes what this one will share

bool is_bookkeeping(const fs::path& path) { return path.filename().string().starts_with(".evergreen-"); }

// A lock of ours, or nothing at all: a kill may come before the first file. Asked in this order: another process may make the lock
// in between.
bool is_ours(const fs::path& directory) {
  return fs::is_directory(directory) &&
         (fs::is_empty(directory) || fs::is_regular_file(directory / kLockFile));
}

void make_directory(const fs::path& partial) {
  if (fs::exists(fs::symlink_status(partial)) && !is_ours(partial)) {
    throw Error(ErrorKind::input, "this is in the way of the output and was not made by evergreen",
                partial.string(), "remove it if nothing in it is needed");
  }
  std::error_code failed;
  fs::create_directory(partial, failed);
  if (failed) throw system_error(failed.value(), "cannot make the directory", partial.string());
}

void clear(const fs::path& directory) {
  std::vector<fs::path> old;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename() != kLockFile) old.push_back(entry.path());
  }
  for (const fs::path& path : old) remove_tree(path);
}

void make_anew(const fs::path& partial, const std::string& plan, const std::function<void()>& make_files) {
  try {
    clear(partial);
    make_files();
    put_whole(partial / kPlanFile, plan);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw;
  }
}

bool has_plan(const fs::path& partial, const std::string& plan) {
  return fs::exists(partial / kPlanFile) && read_text(partial / kPlanFile) == plan;
}

// Journals of processes that did a part each.
bool has_parts(const fs::path& partial) {
  const std::string prefix = std::string(kJournalFile) + "-";
  for (const fs::directory_entry& entry : fs::directory_iterator(partial)) {
    if (entry.path().filename().string().starts_with(prefix)) return true;
  }
  return false;
}

[[noreturn]] void throw_other_plan(const fs::path& partial) {
  throw Error(ErrorKind::input, "unfinished work here has other settings or inputs", partial.string(),
              "go on with the same ones, or remove it");
}

// Locked, and still where it was when it was opened.
WriteLock lock_directory(const fs::path& partial, WriteLock::Mode mode) {
  while (true) {
    make_directory(partial);
    WriteLock lock(partial / kLockFile, mode, mode == WriteLock::Mode::shared ? kMakingTakesSeconds : 0);
    if (lock.is_current()) return lock;
  }
}

}  // namespace

fs::path without_slash(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.has_filename() || !normal.has_relative_path() ? normal : normal.parent_path();
}

fs::path partial_of(const fs::path& out) { return without_slash(out).string() + ".partial"; }

WriteLock open_partial(const fs::path& partial, const std::string& plan, WriteLock::Mode mode,
                       const std::function<void()>& make_files) {
  while (true) {
    WriteLock lock = lock_directory(partial, mode);
    if (has_plan(partial, plan)) return lock;
    const bool alone = mode == WriteLock::Mode::alone;
    if (fs::exists(partial / kPlanFile) && (!alone || has_parts(partial))) throw_other_plan(partial);
    if (alone) {
      make_anew(partial, plan, make_files);
      return lock;
    }
    // The first of several makes the files, alone; who comes in between makes them instead, and this one looks again.
    if (lock.change(WriteLock::Mode::alone) && lock.is_current() && !fs::exists(partial / kPlanFile)) {
      make_anew(partial, plan, make_files);
    }
  }
}

WriteLock continue_partial(const fs::path& partial, const std::string& plan) {
  if (!fs::exists(partial / kPlanFile)) {
    throw Error(ErrorKind::input, "nothing of this output has been done yet", partial.string(),
                "run the parts first, with the same inputs and settings");
  }
  WriteLock lock = lock_directory(partial, WriteLock::Mode::alone);
  if (!has_plan(partial, plan)) throw_other_plan(partial);
  return lock;
}

void put_whole(const fs::path& path, std::string_view contents) {
  const fs::path beside = path.string() + ".new";
  std::error_code failed;
  fs::remove(beside, failed);
  File file(beside, File::Mode::create);
  file.write_at(0, as_bytes(contents));
  file.close();
  fs::rename(beside, path, failed);
  if (failed) throw system_error(failed.value(), "cannot write the file", path.string());
}

void remove_tree(const fs::path& directory) {
  std::error_code failed;
  fs::remove_all(directory, failed);
  if (failed) throw system_error(failed.value(), "cannot remove", directory.string());
}

void remove_bookkeeping(const fs::path& directory) {
  std::error_code failed;
  if (!fs::exists(directory / kPlanFile, failed)) return;
  const WriteLock lock(directory / kLockFile, WriteLock::Mode::alone);
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (is_bookkeeping(entry.path()) && entry.path().filename() != kPlanFile) files.push_back(entry.path());
  }
  files.push_back(directory / kPlanFile);  // last: while it is there the others are looked for
  for (const fs::path& file : files) remove_tree(file);
}

}  // namespace evergreen
