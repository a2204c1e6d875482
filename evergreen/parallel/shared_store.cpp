#include "evergreen/parallel/shared_store.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>

#include <c10/util/Logging.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "evergreen/base/error.hpp"
#include "evergreen/parallel/c10d.hpp"

namespace evergreen {
namespace {

using std::chrono::milliseconds;

milliseconds from_seconds(double seconds) { return milliseconds(static_cast<int64_t>(seconds * 1000)); }

// torch's messages go over many lines of C++ stack: the first says it.
std::string first_line(const char* text) {
  const std::string whole(text);
  return whole.substr(0, whole.find('\n'));
}

template <class Body>
auto asked(const std::string& where, Body&& body) {
  try {
    return body();
  } catch (const std::exception& refused) {
    throw Error(ErrorKind::io,
                fmt::format("the store of the run does not answer: {}", first_line(refused.what())), where,
                "rank 0 (or the launcher's agent) holds it: see what it said last");
  }
}

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }
std::string text_of(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

// torch's client sleeps for a second whenever the server is not there yet: so it is looked for first.
void wait_until_listening(const std::string& host, int port, double seconds) {
  const auto end = std::chrono::steady_clock::now() + from_seconds(seconds);
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
    return;  // torch says what is wrong
  bool listening = false;
  while (!listening && std::chrono::steady_clock::now() < end) {
    for (const addrinfo* at = found; at != nullptr && !listening; at = at->ai_next) {
      const int fd = ::socket(at->ai_family, at->ai_socktype, at->ai_protocol);
      listening = fd >= 0 && ::connect(fd, at->ai_addr, at->ai_addrlen) == 0;
      if (fd >= 0) ::close(fd);
    }
    if (!listening) std::this_thread::sleep_for(milliseconds(20));
  }
  ::freeaddrinfo(found);
}

}  // namespace

SharedStore::SharedStore(const ProcessEnvironment& environment, double timeout_seconds)
    : client_(std::make_shared<Client>()) {
  // torch logs a lost store with a stack trace, again and again; what matters is in the error. Its own variable wins.
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = c10::GLOG_ERROR;
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(environment.master_port);
  options.isServer = environment.rank == 0 && !environment.agent_store;
  options.waitWorkers = false;
  options.timeout = from_seconds(timeout_seconds);
  client_->where = fmt::format("{}:{}", environment.master_address, environment.master_port);
  client_->prefix = "evergreen/" + environment.attempt;
  if (!options.isServer)
    wait_until_listening(environment.master_address, environment.master_port, timeout_seconds);
  asked(client_->where, [&] {
    client_->tcp = c10::make_intrusive<c10d::TCPStore>(environment.master_address, options);
    client_->store = c10::make_intrusive<c10d::PrefixStore>(client_->prefix, client_->tcp);
  });
}

SharedStore SharedStore::another_client() const {
  auto other = std::make_shared<Client>(*client_);
  asked(client_->where, [&] {
    other->tcp = client_->tcp->clone();
    other->store = c10::make_intrusive<c10d::PrefixStore>(other->prefix, other->tcp);
  });
  return SharedStore(std::move(other));
}

void SharedStore::set(const std::string& key, const std::string& value) {
  asked(client_->where, [&] { client_->store->set(key, bytes_of(value)); });
}

std::optional<std::string> SharedStore::get(const std::string& key) {
  return asked(client_->where, [&]() -> std::optional<std::string> {
    if (!client_->store->check({key})) return std::nullopt;
    return text_of(client_->store->get(key));
  });
}

std::vector<std::string> SharedStore::get_all(const std::vector<std::string>& keys) {
  return asked(client_->where, [&] {
    std::vector<std::string> values;
    for (const std::vector<uint8_t>& value : client_->store->multiGet(keys)) values.push_back(text_of(value));
    return values;
  });
}

std::string SharedStore::set_first(const std::string& key, const std::string& value) {
  return asked(client_->where, [&] { return text_of(client_->store->compareSet(key, {}, bytes_of(value))); });
}

int64_t SharedStore::add(const std::string& key, int64_t amount) {
  return asked(client_->where, [&] { return client_->store->add(key, amount); });
}

bool SharedStore::wait(const std::vector<std::string>& keys, double seconds) {
  const auto end = std::chrono::steady_clock::now() + from_seconds(seconds);
  while (true) {
    if (asked(client_->where, [&] { return client_->store->check(keys); })) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
}

}  // namespace evergreen
