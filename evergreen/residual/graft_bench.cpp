// What a graft of three whole checkpoints costs, beside the floor of the same run: reading three and writing one by plain
// copy, under the same fsync policy.
//
//   graft_bench [--dir D] [--layers N] [--runs N] [--threads N] [--sync] [--cold] [--json] [--make]
//
// --layers 16 (the default) is the shape of Llama-3.2-1B: 146 tensors of bfloat16, 2.47 GB a checkpoint, in three shards.
// The checkpoints are made in D (a new directory of temporary files; 10 GB) and removed with it; --make makes them in D and
// stops, and a D that has them is used and kept. --sync: the graft and the floor end with an fsync. --cold: also with the
// inputs out of the page cache. The answer is checked against the definition, on a sample, before a time is printed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
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
#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/checkpoint/writer.hpp"
#include "evergreen/residual/kernel_target.hpp"
#include "evergreen/residual/residual.hpp"

namespace evergreen {
namespace {

struct Options {
  fs::path dir;
  int64_t layers = 16;
  int runs = 3, threads = 0;
  bool sync = false, cold = false, json = false, make = false;
};

void add_options(CLI::App& program, Options& options) {
  program.add_option("--dir", options.dir, "where the checkpoints are, or are to be made and kept")
      ->type_name("DIR");
  program.add_option("--layers", options.layers, "16: the shape of Llama-3.2-1B");
  program.add_option("--runs", options.runs, "the best counts");
  program.add_option("--threads", options.threads, "0: as the program chooses");
  program.add_flag("--sync", options.sync, "the graft and the copy end with an fsync");
  program.add_flag("--cold", options.cold, "also with the inputs out of the page cache");
  program.add_flag("--json", options.json, "one JSON object instead of text");
  program.add_flag("--make", options.make, "make the checkpoints and stop");
}

// --- the checkpoints ----------------------------------------------------------------------------------------------

constexpr const char* kModels[] = {"new_base", "base", "instruct"};

ModelConfig shape_of(const Options& options) {
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.vocab_size = 128256;
  config.hidden_size = 2048;
  config.intermediate_size = 8192;
  config.num_layers = options.layers;
  config.num_heads = 32;
  config.num_kv_heads = 8;
  config.head_dim = 64;
  config.max_position_embeddings = 131072;
  config.rope_theta = 500000;
  config.tie_word_embeddings = true;
  config.dtype = Dtype::bf16;
  config.bos_token_id = 128000;
  config.eos_token_ids = {128001};
  return config;
}

std::vector<TensorSpec> tensors_of(const ModelConfig& config) {
  const int64_t wide = config.hidden_size, narrow = config.num_kv_heads * config.head_dim,
                inner = config.intermediate_size;
  std::vector<TensorSpec> tensors = {{"model.embed_tokens.weight", Dtype::bf16, {config.vocab_size, wide}}};
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    const auto add = [&](const char* name, std::vector<int64_t> shape) {
      tensors.push_back(
          {fmt::format("model.layers.{}.{}.weight", layer, name), Dtype::bf16, std::move(shape)});
    };
    for (const char* name : {"input_layernorm", "post_attention_layernorm"}) add(name, {wide});
    for (const char* name : {"self_attn.q_proj", "self_attn.o_proj"}) add(name, {wide, wide});
    for (const char* name : {"self_attn.k_proj", "self_attn.v_proj"}) add(name, {narrow, wide});
    for (const char* name : {"mlp.gate_proj", "mlp.up_proj"}) add(name, {inner, wide});
    add("mlp.down_proj", {wide, inner});
  }
  tensors.push_back({"model.norm.weight", Dtype::bf16, {wide}});
  return tensors;
}

// Random weights of each model, which tensors take from different places and over again: drawing 10^9 normal numbers
// would take longer than all that is measured.
std::vector<std::vector<std::byte>> weight_pools() {
  constexpr size_t kValues = (8 << 20) + 1021;
  RandomStream base(1, "bench.base"), tuning(1, "bench.tuning"), training(1, "bench.training");
  std::vector<std::vector<std::byte>> pools(3, std::vector<std::byte>(kValues * 2));
  for (size_t i = 0; i < kValues; ++i) {
    const double weight = 0.02 * base.normal();
    const double values[] = {weight + 2e-4 * training.normal(), weight, weight + 5e-4 * tuning.normal()};
    for (size_t k = 0; k < 3; ++k)
      encode(Dtype::bf16, std::span(&values[k], 1), std::span(pools[k]).subspan(2 * i, 2));
  }
  return pools;
}

void make_checkpoint(const fs::path& out, const ModelConfig& config, const std::vector<std::byte>& pool) {
  WriterOptions writing;
  writing.sync = false;
  writing.max_shard_bytes = 1'000'000'000;
  CheckpointWriter writer(out, tensors_of(config), writing);
  writer.put_file("config.json", make_config_json(config));
  size_t place = 0;
  for (const TensorInfo& tensor : writer.tensors()) {
    for (uint64_t first = 0; first < tensor.elements();) {
      const uint64_t count = std::min<uint64_t>(tensor.elements() - first, (pool.size() - place) / 2);
      writer.write(tensor, first, std::span(pool).subspan(place, count * 2));
      first += count;
      place = (place + count * 2) % pool.size();
    }
  }
  writer.publish();
}

void make_checkpoints(const Options& options) {
  const ModelConfig config = shape_of(options);
  if (fs::exists(options.dir / kModels[2])) return;
  std::fputs("making the checkpoints\n", stderr);
  const auto pools = weight_pools();
  for (size_t k = 0; k < 3; ++k) make_checkpoint(options.dir / kModels[k], config, pools[k]);
}

// --- measuring ----------------------------------------------------------------------------------------------------

struct Cost {
  double wall_seconds = 1e300, cpu_seconds = 0;
  uint64_t peak_bytes = 0;  // of resident memory
};

uint64_t resident_bytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) * 1024;
  }
  return 0;
}

void reset_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

std::vector<fs::path> shards_of(const Options& options, const char* model) {
  return CheckpointReader(options.dir / model).shards();
}

void drop_inputs(const Options& options) {
  for (const char* model : kModels) {
    for (const fs::path& shard : shards_of(options, model))
      File(shard, File::Mode::read).advise(0, 0, File::Hint::drop);
  }
}

void warm_inputs(const Options& options) {
  std::vector<std::byte> buffer(1 << 20);
  for (const char* model : kModels) {
    for (const fs::path& shard : shards_of(options, model)) {
      const File file(shard, File::Mode::read);
      for (uint64_t at = 0, size = file.size(); at < size; at += buffer.size())
        file.read_at(at, std::span(buffer).first(std::min<uint64_t>(buffer.size(), size - at)));
    }
  }
}

// Takes as much of the page cache as the output will, and gives it back. A virtual machine's host takes away what is free for
// some seconds, and its next first use costs several times as much: only what is measured first would pay for that.
void touch_free_memory(const Options& options) {
  const fs::path path = options.dir / "touched";
  fs::remove(path);
  {
    File file(path, File::Mode::create);
    const std::vector<std::byte> zeros(1 << 20);
    const uint64_t bytes = CheckpointReader(options.dir / kModels[0]).total_bytes();
    for (uint64_t at = 0; at < bytes; at += zeros.size()) file.write_at(at, zeros);
  }
  fs::remove(path);
  ::sync();
}

// `work` from a settled state: nothing waits to be written, inputs all in the page cache or all out of it.
Cost measure(const Options& options, bool cold, const std::function<void()>& work) {
  fs::remove_all(options.dir / "out");
  ::sync();
  cold ? drop_inputs(options) : warm_inputs(options);
  touch_free_memory(options);
  reset_peak();
  const double cpu = processor_seconds();
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  return {wall.count(), processor_seconds() - cpu, resident_bytes("VmHWM")};
}

// Reads base and instruct, copies new_base, in blocks of 1 MiB.
void plain_copy(const Options& options, int threads) {
  constexpr uint64_t kBlock = 1 << 20, kRun = 16 << 20;
  struct Run {
    const File* from;
    File* to;
    uint64_t begin, end;
  };
  fs::create_directory(options.dir / "out");
  std::vector<std::unique_ptr<File>> files;
  std::vector<Run> runs;
  for (const char* model : kModels) {
    for (const fs::path& shard : shards_of(options, model)) {
      const File* from = files.emplace_back(std::make_unique<File>(shard, File::Mode::read)).get();
      File* to = nullptr;
      if (model == kModels[0]) {
        const fs::path path = options.dir / "out" / shard.filename();
        to = files.emplace_back(std::make_unique<File>(path, File::Mode::create)).get();
      }
      const uint64_t size = from->size();
      for (uint64_t begin = 0; begin < size; begin += kRun)
        runs.push_back({from, to, begin, std::min(size, begin + kRun)});
    }
  }
  parallel_for(static_cast<int64_t>(runs.size()), threads, [&](int64_t i) {
    thread_local std::vector<std::byte> buffer(kBlock);
    const Run& run = runs[static_cast<size_t>(i)];
    for (uint64_t at = run.begin; at < run.end; at += kBlock) {
      const std::span<std::byte> block = std::span(buffer).first(std::min(kBlock, run.end - at));
      run.from->read_at(at, block);
      if (run.to != nullptr) run.to->write_at(at, block);
    }
  });
  for (const Run& run : runs) {
    if (run.to != nullptr && options.sync && run.end == run.from->size()) run.to->sync();
  }
}

void run_graft(const Options& options) {
  const CheckpointReader new_base(options.dir / "new_base"), base(options.dir / "base"),
      instruct(options.dir / "instruct");
  ResidualOptions grafting;
  grafting.model_files = false;
  grafting.sync = options.sync;
  grafting.threads = options.threads;
  graft(new_base, base, instruct, options.dir / "out", grafting);
}

// 64 Ki elements of every tensor, by the definition: each step rounds to float64, then once to bfloat16.
void check_answer(const Options& options) {
  const CheckpointReader new_base(options.dir / "new_base"), base(options.dir / "base"),
      instruct(options.dir / "instruct"), out(options.dir / "out");
  RandomStream random(1, "bench.check");
  for (const TensorInfo& tensor : out.tensors()) {
    const uint64_t count = std::min<uint64_t>(64 << 10, tensor.elements());
    const uint64_t first = random.below(tensor.elements() - count + 1);
    const auto values = [&](const CheckpointReader& reader) {
      std::vector<std::byte> bytes(count * 2);
      std::vector<double> decoded(count);
      reader.read(reader.get(tensor.name), first, count, bytes);
      decode(Dtype::bf16, bytes, decoded);
      return decoded;
    };
    std::vector<double> expected = values(new_base);
    const std::vector<double> a = values(instruct), b = values(base);
    for (size_t i = 0; i < count; ++i) expected[i] = expected[i] + (a[i] - b[i]);
    std::vector<std::byte> bytes(count * 2), got(count * 2);
    encode(Dtype::bf16, expected, bytes);
    out.read(tensor, first, count, got);
    if (got != bytes) throw Error(ErrorKind::internal, "the answer is wrong in " + tensor.name);
  }
}

Cost best(const Cost& left, const Cost& right) {
  return left.wall_seconds < right.wall_seconds ? left : right;
}

// The best of some runs of each, in turns: other work on the machine meets both.
OrderedJson measure_pair(const Options& options, bool cold, uint64_t start_bytes) {
  Cost one, all, grafted;
  for (int run = 0; run < options.runs; ++run) {
    one = best(one, measure(options, cold, [&] { plain_copy(options, 1); }));
    all = best(all, measure(options, cold, [&] { plain_copy(options, options.threads); }));
    grafted = best(grafted, measure(options, cold, [&] { run_graft(options); }));
    if (run == 0) check_answer(options);
  }
  const double above =
      static_cast<double>(grafted.peak_bytes - std::min(grafted.peak_bytes, start_bytes)) / 0x1p20;
  return {{"cache", cold ? "cold" : "warm"},
          {"sync", options.sync},
          {"copy_one_thread", {{"wall_seconds", one.wall_seconds}, {"cpu_seconds", one.cpu_seconds}}},
          {"copy_all_threads", {{"wall_seconds", all.wall_seconds}, {"cpu_seconds", all.cpu_seconds}}},
          {"graft", {{"wall_seconds", grafted.wall_seconds}, {"cpu_seconds", grafted.cpu_seconds}}},
          {"ratio_to_one_thread", grafted.wall_seconds / one.wall_seconds},
          {"ratio_to_all_threads", grafted.wall_seconds / all.wall_seconds},
          {"peak_mib_above_start", above}};
}

void print(const OrderedJson& row) {
  const auto cost = [&](const char* name) {
    return fmt::format("{:6.2f} s wall {:6.2f} s CPU", row[name]["wall_seconds"].get<double>(),
                       row[name]["cpu_seconds"].get<double>());
  };
  std::puts(fmt::format("{} inputs, {}\n"
                        "  plain copy, one thread   {}\n"
                        "  plain copy, all threads  {}\n"
                        "  graft                    {}\n"
                        "  graft / copy             {:.2f} (one thread), {:.2f} (all threads)\n"
                        "  peak memory above start  {:.0f} MiB",
                        row["cache"].get<std::string>(), row["sync"].get<bool>() ? "fsync" : "no fsync",
                        cost("copy_one_thread"), cost("copy_all_threads"), cost("graft"),
                        row["ratio_to_one_thread"].get<double>(), row["ratio_to_all_threads"].get<double>(),
                        row["peak_mib_above_start"].get<double>())
                .c_str());
}

void run(Options options) {
  const uint64_t start_bytes = resident_bytes("VmRSS");
  const bool own = options.dir.empty();
  if (own) {
    std::string pattern = (fs::temp_directory_path() / "graft_bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw system_error(errno, "cannot make a directory", pattern);
    options.dir = pattern;
  }
  fs::create_directories(options.dir);
  OrderedJson rows = OrderedJson::array();
  make_checkpoints(options);
  for (const bool cold : {false, true}) {
    if (options.make || (cold && !options.cold)) continue;
    rows.push_back(measure_pair(options, cold, start_bytes));
    if (!options.json) print(rows.back());
  }
  const uint64_t bytes = CheckpointReader(options.dir / kModels[0]).total_bytes();
  if (options.json) {
    std::puts(to_text({{"checkpoint_bytes", bytes},
                       {"target", kernel_targets().front()},
                       {"threads", thread_count(options.threads)},
                       {"rows", rows}})
                  .c_str());
  }
  fs::remove_all(own ? options.dir : options.dir / "out");
}

}  // namespace
}  // namespace evergreen

int main(int argc, char** argv) {
  CLI::App program("What a graft costs, beside a plain copy of as many bytes");
  evergreen::Options options;
  evergreen::add_options(program, options);
  CLI11_PARSE(program, argc, argv);
  try {
    evergreen::run(options);
    return 0;
  } catch (const evergreen::Error& error) {
    std::fputs(fmt::format("error: {}\n  where  {}\n", error.what(), error.where()).c_str(), stderr);
    return 1;
  }
}
