// OUT.partial, where a checkpoint grows until it is published: made, recognised as evergreen's own, locked.
//
//   .evergreen-lock        who may write (write_lock.hpp)
//   .evergreen-plan.json   what is to be written; put last, so a directory that has it has all files at their size
//   .evergreen-journal*    what was written (write_journal.hpp), a file for each part that works by itself
//
// They go when OUT is published: just after the rename, so that a kill in between loses nothing.
#pragma once

#include <functional>
#include <string>

#include "evergreen/base/file.hpp"
#include "evergreen/checkpoint/write_lock.hpp"

namespace evergreen {

inline constexpr const char* kLockFile = ".evergreen-lock";
inline constexpr const char* kPlanFile = ".evergreen-plan.json";
inline constexpr const char* kJournalFile = ".evergreen-journal";

// "out" of "out/".
fs::path without_slash(const fs::path& path);
fs::path partial_of(const fs::path& out);

// OUT.partial with `plan`: continued where it is the same, else made by `make_files`, which fills it.
// Alone, work under another plan is removed, unless several processes did parts of it; shared, it is an error: other processes
// may be at it.
// Errors    Error{input} for a directory that is not evergreen's, for one that another process writes, for another plan where
//           parts of it are done or it is shared; what `make_files` throws, and then nothing is left.
WriteLock open_partial(const fs::path& partial, const std::string& plan, WriteLock::Mode mode,
                       const std::function<void()>& make_files);
// The same, alone, but Error{input} where there is nothing to continue.
WriteLock continue_partial(const fs::path& partial, const std::string& plan);

// Whole, but not synced: publish() syncs everything at once.
void put_whole(const fs::path& path, std::string_view contents);

void remove_tree(const fs::path& directory);

// Removes the three kinds of files above from a directory that nobody writes any more; else does nothing.
void remove_bookkeeping(const fs::path& directory);

}  // namespace evergreen
