#include "tests/support/rank_processes.hpp"

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace evergreen::test {
namespace {

using Clock = std::chrono::steady_clock;

// One that nobody listens on at present.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("there is no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

pid_t start(const std::string& program, const std::vector<std::string>& args,
            const RankProcesses::Variables& variables, const std::filesystem::path& output) {
  std::vector<std::string> arguments = {program}, environment;
  arguments.insert(arguments.end(), args.begin(), args.end());
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    if (!variables.contains(text.substr(0, text.find('=')))) environment.push_back(text);
  }
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0644);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t process = 0;
  const int error = ::posix_spawn(&process, program.c_str(), &files, nullptr, pointers(arguments).data(),
                                  pointers(environment).data());
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) throw std::runtime_error("cannot start " + program);
  return process;
}

}  // namespace

RankProcesses::RankProcesses(const std::string& program, int size, const std::vector<std::string>& args,
                             const Variables& more) {
  Variables variables = {{"WORLD_SIZE", std::to_string(size)},
                         {"LOCAL_WORLD_SIZE", std::to_string(size)},
                         {"MASTER_ADDR", "127.0.0.1"},
                         {"MASTER_PORT", std::to_string(free_port())},
                         {"OMP_NUM_THREADS", "1"},
                         {"OMP_WAIT_POLICY", "passive"}};
  for (const auto& [name, value] : more) variables[name] = value;
  for (int rank = 0; rank < size; ++rank) {
    variables["RANK"] = variables["LOCAL_RANK"] = std::to_string(rank);
    processes_.push_back(start(program, args, variables, directory_ / std::to_string(rank)));
  }
}

RankProcesses::~RankProcesses() { wait(0); }

void RankProcesses::signal(int rank, int number) const {
  ::kill(processes_.at(static_cast<size_t>(rank)), number);
}

std::string RankProcesses::output(int rank) const {
  std::ostringstream text;
  text << std::ifstream(directory_ / std::to_string(rank)).rdbuf();
  return text.str();
}

bool RankProcesses::wait_for_output(int rank, const std::string& text, double seconds) const {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (output(rank).find(text) == std::string::npos) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

std::vector<RankResult> RankProcesses::wait(double seconds) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  std::vector<RankResult> results;
  for (size_t rank = 0; rank < processes_.size(); ++rank) {
    int status = 0;
    while (::waitpid(processes_[rank], &status, WNOHANG) == 0) {
      if (Clock::now() > end) {
        ::kill(processes_[rank], SIGKILL);
        ::waitpid(processes_[rank], &status, 0);
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    results.push_back({WIFEXITED(status) ? WEXITSTATUS(status) : -1, output(static_cast<int>(rank))});
  }
  processes_.clear();
  return results;
}

}  // namespace evergreen::test
