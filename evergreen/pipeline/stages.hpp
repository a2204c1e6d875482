// Resumable stages: a work directory remembers what is finished, by the content of what it was made from.
//
//   WORK/settings.json     what the work was started with: name -> value
//   WORK/stages/NAME.json  a finished stage: its key, its result, and the seconds that the call took which finished it
//
// A stage's key is the hash of everything its result depends on. A stage whose key is unchanged is not run again; one
// whose key differs is run anew.
// Errors    Error{input} when the work directory was started with other settings: names the first that differs, with both values.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "evergreen/base/file.hpp"
#include "evergreen/base/hash.hpp"

namespace evergreen {

class WorkDirectory {
 public:
  // Makes or continues `directory`.
  WorkDirectory(fs::path directory, const std::map<std::string, std::string>& settings);

  const fs::path& path() const { return directory_; }
  bool continued() const { return continued_; }

  // The stage's result (a JSON text): from disk where it is finished under this key, else from `body`. The text is the same
  // either way, so that it may be part of a key.
  std::string stage(const std::string& name, std::string_view key, const std::function<std::string()>& body);
  bool is_finished(const std::string& name, std::string_view key) const;
  std::map<std::string, double> seconds() const;  // of the finished stages, by name

 private:
  fs::path directory_;
  bool continued_ = false;
};

}  // namespace evergreen
