// A directory that appears whole or not at all: filled as `OUT.partial` (or another name beside OUT), then
// synced and renamed to OUT.
#pragma once

#include "evergreen/base/file.hpp"

namespace evergreen {

// Error{input} if `out` exists (a file, a directory, a dangling link), its parent does not, or its parent cannot be written.
void require_new_output(const fs::path& out);

// fsync of every regular file and directory below `directory`.
void sync_tree(const fs::path& directory);

// Syncs `staged` (unless `sync` is false), renames it to `out` and syncs the parent. Never replaces an
// existing `out` (renameat2 with RENAME_NOREPLACE): two processes that race end with one winner and one Error{input}.
void publish_directory(const fs::path& staged, const fs::path& out, bool sync = true);

}  // namespace evergreen
