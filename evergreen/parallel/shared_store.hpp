// Words that the processes of a run leave for each other: torch's TCPStore, which rank 0 or the launcher's agent holds.
//
// For meeting, signs of life and faults: small and slow next to the collectives. Every method is thread-safe; a client waits
// for one answer at a time, so a thread that must never wait behind another has a client of its own.
// Errors    Error{io} if the store cannot be reached.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/parallel/process_environment.hpp"

namespace evergreen {

class SharedStore {
 public:
  // Rank 0 makes it, unless an agent does; others wait for it so long.
  SharedStore(const ProcessEnvironment& environment, double timeout_seconds);
  SharedStore another_client() const;

  void set(const std::string& key, const std::string& value);
  std::optional<std::string> get(const std::string& key);                  // without waiting
  std::vector<std::string> get_all(const std::vector<std::string>& keys);  // all of which exist
  // What `key` holds: `value` if it held nothing.
  std::string set_first(const std::string& key, const std::string& value);
  int64_t add(const std::string& key, int64_t amount);              // the sum so far
  bool wait(const std::vector<std::string>& keys, double seconds);  // false: not all are there

  struct Client;
  const Client& client() const { return *client_; }

 private:
  explicit SharedStore(std::shared_ptr<Client> client) : client_(std::move(client)) {}
  std::shared_ptr<Client> client_;
};

}  // namespace evergreen
