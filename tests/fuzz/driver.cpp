// Runs one fuzz target (LLVMFuzzerTestOneInput) without libFuzzer: seed inputs first, then mutations of them
// with a fixed seed, so that a run finds the same every time.
//
//   x_fuzz [--runs N] [--seconds S] [--seed K] [FILE or FOLDER of seed inputs ...]
//   x_fuzz --run FILE     one input, as it is: what a failure names
//
// The input at hand is written to x_fuzz.failed before it runs, and removed at the end: what crashed is
// there. The same target links with libFuzzer instead of this file (-fsanitize=fuzzer).
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "evergreen/base/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// Inputs that the target knows by itself; may be missing.
extern "C" __attribute__((weak)) const char* const* evergreen_fuzz_seeds();
// Words that mutations put in; may be missing. Both lists end with null.
extern "C" __attribute__((weak)) const char* const* evergreen_fuzz_words();
// Of the sanitizers, where one is linked.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

namespace fs = std::filesystem;
using evergreen::RandomStream;

constexpr size_t kLongestInput = 1 << 16;
constexpr unsigned kLongestSeconds = 60;  // for 64 inputs

struct Settings {
  int64_t runs = 100000;
  double seconds = 2;
  uint64_t seed = 1;
  std::string single;
  std::vector<fs::path> inputs;
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> read_list(const char* const* list) {
  std::vector<std::string> texts;
  for (; list != nullptr && *list != nullptr; ++list) texts.emplace_back(*list);
  return texts;
}

std::vector<std::string> seed_inputs(const Settings& settings) {
  std::vector<std::string> inputs = read_list(evergreen_fuzz_seeds ? evergreen_fuzz_seeds() : nullptr);
  std::vector<fs::path> paths;
  for (const fs::path& path : settings.inputs) {
    if (!fs::is_directory(path)) {
      paths.push_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());  // a folder has no order of its own
  for (const fs::path& path : paths) inputs.push_back(read_file(path));
  if (inputs.empty()) inputs.emplace_back();
  return inputs;
}

class Mutator {
 public:
  Mutator(std::vector<std::string> inputs, std::vector<std::string> words, uint64_t seed)
      : inputs_(std::move(inputs)), words_(std::move(words)), random_(seed, "fuzz") {}

  std::string next() {
    std::string text = pick(inputs_);
    for (uint64_t changes = 1 + random_.below(8); changes > 0; --changes) change(text);
    text.resize(std::min(text.size(), kLongestInput));
    return text;
  }

 private:
  const std::string& pick(const std::vector<std::string>& from) { return from[random_.below(from.size())]; }
  size_t place(const std::string& text) { return random_.below(text.size() + 1); }
  char byte() {
    static constexpr char kInteresting[] = "\0\x01\x7f\x80\xff{}[]()\"'%#\\,:.-+*|<>09aA \n\t\r";
    return random_.below(2) == 0 ? kInteresting[random_.below(sizeof kInteresting - 1)]
                                 : static_cast<char>(random_.below(256));
  }

  void change(std::string& text) {
    const size_t at = place(text);
    const size_t length = random_.below(random_.below(4) == 0 ? 64 : 6) + 1;
    switch (random_.below(words_.empty() ? 7 : 9)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, 1, byte());
        break;
      case 2:
        if (at < text.size()) text[at] = byte();
        break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random_.below(8)));
        break;
      case 4:
        text.insert(at, text.substr(place(text), length));
        break;
      case 5: {  // a piece of another input
        const std::string& other = pick(inputs_);
        text.insert(at, other.substr(place(other), 4 * length));
        break;
      }
      case 6:
        if (text.size() > 1 && random_.below(4) == 0) text.resize(at);
        break;
      default:
        text.insert(at, pick(words_));
        break;
    }
  }

  std::vector<std::string> inputs_, words_;
  RandomStream random_;
};

// What the signal handler writes: it may not allocate.
const std::string* current_input = nullptr;
char failed_path[256];

void write_failed_input() {
  if (current_input == nullptr) return;
  const int file = ::open(failed_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0) return;
  const ssize_t written = ::write(file, current_input->data(), current_input->size());
  const char* const said =
      written >= 0 ? "the input that failed is in " : "the input that failed cannot be written to ";
  if (::write(2, said, std::strlen(said)) < 0 || ::write(2, failed_path, std::strlen(failed_path)) < 0)
    return;
  if (::write(2, "\n", 1) < 0) return;
}

void on_signal(int signal) {
  write_failed_input();
  ::signal(signal == SIGALRM ? SIGABRT : signal, SIG_DFL);
  ::raise(signal == SIGALRM ? SIGABRT : signal);
}

void catch_crashes(const std::string& program) {
  const std::string path = fs::path(program).filename().string() + ".failed";
  std::snprintf(failed_path, sizeof failed_path, "%s", path.c_str());
  static char stack[1 << 16];  // a stack that has overflown cannot serve the handler
  stack_t other{};
  other.ss_sp = stack;
  other.ss_size = sizeof stack;
  ::sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK;
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGTRAP, SIGFPE, SIGALRM})
    ::sigaction(signal, &action, nullptr);
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(write_failed_input);
}

void run_one(const std::string& input) {
  static int64_t count = 0;
  if (count++ % 64 == 0) ::alarm(kLongestSeconds);
  current_input = &input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  current_input = nullptr;
}

bool parse(int argc, char** argv, Settings& settings) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (!name.starts_with("--")) {
      settings.inputs.emplace_back(name);
    } else if (i + 1 == argc) {
      return false;
    } else if (name == "--runs") {
      settings.runs = std::stoll(argv[++i]);
    } else if (name == "--seconds") {
      settings.seconds = std::stod(argv[++i]);
    } else if (name == "--seed") {
      settings.seed = std::stoull(argv[++i]);
    } else if (name == "--run") {
      settings.single = argv[++i];
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  if (!parse(argc, argv, settings)) {
    std::fprintf(stderr, "usage: %s [--runs N] [--seconds S] [--seed K] [--run FILE] [FILE or FOLDER ...]\n",
                 argv[0]);
    return 2;
  }
  if (!settings.single.empty()) {
    const std::string input = read_file(settings.single);
    return LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
  catch_crashes(argv[0]);
  const std::vector<std::string> inputs = seed_inputs(settings);
  for (const std::string& input : inputs) run_one(input);
  Mutator mutator(inputs, read_list(evergreen_fuzz_words ? evergreen_fuzz_words() : nullptr), settings.seed);
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  int64_t done = 0;
  for (; done < settings.runs && elapsed() < settings.seconds; ++done) run_one(mutator.next());
  std::printf("%zu seed inputs and %lld mutations in %.1f s\n", inputs.size(), static_cast<long long>(done),
              elapsed());
  return 0;
}
