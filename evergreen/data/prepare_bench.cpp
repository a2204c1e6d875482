// What preparing a corpus costs beside its tokeniser alone, in the same run on the same text.
//
//   prepare_bench [--tokenizer DIR] [--corpus PATH] [--mb N] [--threads N] [--runs N] [--json]
//
// --tokenizer is a model's directory (models/world-llama of the sources unless given). --corpus is read as `data prepare` reads it,
// again and again up to N megabytes of text (50 unless given); without it the text is made of random words. It is written as
// one .jsonl in a temporary directory. CPU seconds are user and system time of the process, of the fastest of the runs; the ways
// are run in turn. The answer is checked first: the prepared tokens are those of the tokeniser alone.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/base/random.hpp"
#include "evergreen/base/usage.hpp"
#include "evergreen/data/documents.hpp"
#include "evergreen/data/prepare_corpus.hpp"

namespace evergreen {
namespace {

struct Options {
  fs::path tokenizer = "models/world-llama";
  CorpusInputs corpus;
  double megabytes = 50;
  int threads = 0, runs = 3;
  bool json = false;
};

void add_options(CLI::App& program, Options& options) {
  program.add_option("--tokenizer", options.tokenizer, "directory with the tokenizer")->type_name("DIR");
  program.add_option("--corpus", options.corpus, "files instead of a generated corpus");
  program.add_option("--mb", options.megabytes, "of text");
  program.add_option("--threads", options.threads, "0: one for each core");
  program.add_option("--runs", options.runs, "the best counts");
  program.add_flag("--json", options.json, "one JSON object instead of text");
}

struct Cost {
  double cpu = 1e30, wall = 1e30;
  void take_less(const Cost& other) {
    cpu = std::min(cpu, other.cpu);
    wall = std::min(wall, other.wall);
  }
};

template <class Body>
Cost cost_of(Body&& body) {
  const auto start = std::chrono::steady_clock::now();
  const double before = processor_seconds();
  body();
  return {processor_seconds() - before,
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

std::vector<std::string> random_texts(double bytes) {
  RandomStream stream(1, "bench.prepare");
  std::vector<std::string> words, texts;
  for (int i = 0; i < 20'000; ++i) {
    std::string& word = words.emplace_back();
    for (uint64_t n = 1 + stream.below(10); n > 0; --n)
      word.push_back(static_cast<char>('a' + stream.below(26)));
  }
  for (double total = 0; total < bytes; total += static_cast<double>(texts.back().size())) {
    std::string& text = texts.emplace_back();
    for (uint64_t n = 50 + stream.below(1000); n > 0; --n) {
      const double u = stream.uniform();  // few words often, many rarely
      text += words[static_cast<size_t>(u * u * u * static_cast<double>(words.size()))] +
              (stream.below(12) == 0 ? ".\n" : " ");
    }
  }
  return texts;
}

std::vector<std::string> corpus_texts(const Options& options) {
  if (options.corpus.empty()) return random_texts(options.megabytes * 1e6);
  std::vector<std::string> texts;
  double bytes = 0;
  while (bytes < options.megabytes * 1e6) {
    for_each_document(options.corpus, {.max_bad = "100%"}, [&](std::string_view text, const CorpusPosition&) {
      texts.emplace_back(text);
      bytes += static_cast<double>(text.size());
      return bytes < options.megabytes * 1e6;
    });
  }
  return texts;
}

template <class... Args>
void say(fmt::format_string<Args...> text, Args&&... args) {
  std::fputs(fmt::format(text, std::forward<Args>(args)...).c_str(), stdout);
}

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options), tokenizer_(load_tokenizer(options.tokenizer)), texts_(corpus_texts(options)) {
    std::string pattern = (fs::temp_directory_path() / "evergreen-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw Error(ErrorKind::io, "cannot make a directory", pattern);
    directory_ = pattern;
    File file(directory_ / "corpus.jsonl", File::Mode::create);
    for (const std::string& text : texts_) {
      bytes_ += static_cast<double>(text.size());
      file.write(OrderedJson({{"text", text}}).dump() + "\n");
    }
  }
  ~Bench() { fs::remove_all(directory_); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void run() {
    Cost tokenizer, prepare, web, near;
    for (int i = 0; i < options_.runs; ++i) {
      tokenizer.take_less(cost_of([&] { encode_all(); }));
      prepare.take_less(cost_of([&] { prepare_as({}); }));
      check();
      CorpusRecipe recipe;
      recipe.cleaning.rules = {"web"};
      web.take_less(cost_of([&] { prepare_as(recipe); }));
      recipe = {};
      recipe.dedup.kind = DedupKind::near;
      near.take_less(cost_of([&] { prepare_as(recipe); }));
    }
    if (options_.json) {
      say("{}", to_text({{"text_bytes", bytes_},
                         {"documents", texts_.size()},
                         {"threads", thread_count(options_.threads)},
                         {"tokenizer_cpu_seconds", tokenizer.cpu},
                         {"prepare_cpu_seconds", prepare.cpu},
                         {"tokenizer_wall_seconds", tokenizer.wall},
                         {"prepare_wall_seconds", prepare.wall},
                         {"web_cpu_seconds", web.cpu},
                         {"near_cpu_seconds", near.cpu}}));
      return;
    }
    say("{:.1f} MB of text, {} documents, {} threads\n", bytes_ / 1e6, texts_.size(),
        thread_count(options_.threads));
    say("{:<36}{:>10}{:>12}{:>14}{:>14}\n", "", "CPU s", "wall s", "MB/s per core", "of tokenizer");
    row("tokenizer alone", tokenizer, tokenizer);
    row("jsonl to shards", prepare, tokenizer);
    row("jsonl to shards, --clean web *", web, tokenizer);
    row("jsonl to shards, --dedup near *", near, tokenizer);
    say("wall: {:.2f} of the tokenizer's rate; * fewer documents are left to tokenise\n",
        tokenizer.wall / prepare.wall);
  }

 private:
  void row(const char* name, const Cost& cost, const Cost& against) const {
    say("{:<36}{:>10.2f}{:>12.2f}{:>14.1f}{:>14.2f}\n", name, cost.cpu, cost.wall, bytes_ / 1e6 / cost.cpu,
        against.cpu / cost.cpu);
  }

  void encode_all() {
    counts_.assign(texts_.size(), 0);
    parallel_for(static_cast<int64_t>(texts_.size()), options_.threads, [&](int64_t i) {
      thread_local std::vector<int32_t> ids;
      ids.clear();
      tokenizer_.encode(texts_[static_cast<size_t>(i)], {.add_special_tokens = false, .allow_special = false},
                        ids);
      counts_[static_cast<size_t>(i)] = static_cast<int64_t>(ids.size());
    });
  }

  void prepare_as(const CorpusRecipe& recipe) {
    fs::remove_all(directory_ / "out");
    PrepareOptions options;
    options.recipe = recipe;
    options.recipe.inputs = {directory_ / "corpus.jsonl"};
    options.vocab_size = tokenizer_.vocab_size();
    options.held_out = 0;
    options.threads = options_.threads;
    prepare_corpus(options, tokenizer_, directory_ / "out");
  }

  void check() const {
    const TokenStore store(directory_ / "out" / "train");
    bool same = store.documents() == static_cast<int64_t>(counts_.size());
    for (size_t i = 0; same && i < counts_.size(); ++i)
      same = store.length(static_cast<int64_t>(i)) == counts_[i];
    if (!same) throw Error(ErrorKind::internal, "the prepared tokens are not those of the tokenizer");
  }

  const Options& options_;
  Tokenizer tokenizer_;
  std::vector<std::string> texts_;
  std::vector<int64_t> counts_;  // tokens of each text
  fs::path directory_;
  double bytes_ = 0;
};

}  // namespace
}  // namespace evergreen

int main(int argc, char** argv) {
  CLI::App program("What preparing a corpus costs, beside the tokenizer alone");
  evergreen::Options options;
  evergreen::add_options(program, options);
  CLI11_PARSE(program, argc, argv);
  try {
    evergreen::Bench(options).run();
    return 0;
  } catch (const evergreen::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return evergreen::exit_code(error.kind());
  }
}
