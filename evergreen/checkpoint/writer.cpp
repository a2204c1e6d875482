#include "evergreen/checkpoint/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/partial_directory.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"
#include "evergreen/checkpoint/write_journal.hpp"
#include "evergreen/checkpoint/write_plan.hpp"

namespace evergreen {
namespace {

// The file at its full size with its blocks taken, so that a full disk shows now and not in the middle.
void make_shard(const fs::path& path, const std::string& header, uint64_t bytes) {
  {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) throw system_error(errno, "cannot create the file", path.string());
    const int failed = ::fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
    ::close(descriptor);
    if (failed != 0 && failed != EOPNOTSUPP && failed != ENOSYS) {
      throw system_error(failed, fmt::format("cannot make the file {} bytes long", bytes), path.string());
    }
  }
  File file(path, File::Mode::read_write);
  if (file.size() < bytes) file.resize(bytes);  // where blocks cannot be taken in advance
  file.write_at(0, as_bytes(header));
  file.close();
}

void require_space(const fs::path& out, const std::vector<uint64_t>& shard_bytes) {
  uint64_t needed = 0;
  for (const uint64_t bytes : shard_bytes) {
    if (__builtin_add_overflow(needed, bytes, &needed)) needed = UINT64_MAX;
  }
  const uint64_t free = free_bytes(out);
  if (needed > free) {
    throw Error(ErrorKind::resource,
                fmt::format("the output takes {} bytes, but the disk has {} free", needed, free),
                out.string(), "free some space or write to another disk");
  }
}

}  // namespace

struct CheckpointWriter::State {
  fs::path out, partial;
  WriterOptions options;
  Layout layout;
  std::map<std::string, size_t> by_name;
  std::vector<File> files;
  WriteLock lock, part_lock;
  File journal;
  std::vector<std::string> notes;  // of before

  std::mutex mutex;           // guards what follows
  WrittenRanges written;      // all that is known, of this process and of those before
  JournalRecords unrecorded;  // of this process, not yet in the journal
  uint64_t unrecorded_bytes = 0;
  std::mutex record_mutex;  // one record at a time

  void open_files() {
    for (size_t i = 0; i < layout.tensors.size(); ++i) by_name[layout.tensors[i].name] = i;
    for (const std::string& shard : layout.shards)
      files.emplace_back(partial / shard, File::Mode::read_write);
    if (options.past_cache) std::ranges::for_each(files, &File::write_past_cache);
    JournalRecords records = read_journals(partial, kJournalFile, layout.tensors.size());
    written = std::move(records.written);
    notes = std::move(records.notes);
    unrecorded.written.resize(layout.tensors.size());
  }

  // A journal for each part: machines that share a file system do not append to one file whole lines at a time.
  void open_journal() {
    const fs::path path =
        partial / (options.part ? fmt::format("{}-{}", kJournalFile, *options.part) : kJournalFile);
    if (options.part) part_lock = WriteLock(path, WriteLock::Mode::alone);
    journal = File(path, File::Mode::append);
  }

  size_t index_of(const TensorInfo& tensor) const {
    const auto found = by_name.find(tensor.name);
    if (found == by_name.end()) {
      throw Error(ErrorKind::internal, fmt::format("tensor '{}' was not planned", tensor.name), out.string());
    }
    return found->second;
  }

  void make_files() const {
    for (size_t i = 0; i < layout.shards.size(); ++i) {
      make_shard(partial / layout.shards[i], layout.headers[i], layout.shard_bytes[i]);
    }
  }

  void open(const std::string& plan) {
    if (!fs::exists(partial) && !options.continue_only) require_space(out, layout.shard_bytes);
    const auto mode = options.part ? WriteLock::Mode::shared : WriteLock::Mode::alone;
    lock = options.continue_only ? continue_partial(partial, plan)
                                 : open_partial(partial, plan, mode, [this] { make_files(); });
    open_files();
    open_journal();
  }

  void flush() {
    const std::lock_guard recording(record_mutex);
    JournalRecords batch{WrittenRanges(layout.tensors.size()), {}};
    {
      const std::lock_guard lock_(mutex);
      std::swap(batch, unrecorded);
      unrecorded_bytes = 0;
    }
    std::set<int> touched;
    for (size_t i = 0; i < batch.written.size(); ++i) {
      if (!batch.written[i].ranges().empty()) touched.insert(layout.tensors[i].shard);
    }
    if (options.sync) {
      for (const int shard : touched) files[static_cast<size_t>(shard)].sync();
    }
    append_journal(journal, batch);
  }

  void require_covered() const {
    const WrittenRanges recorded = read_journals(partial, kJournalFile, layout.tensors.size()).written;
    for (size_t i = 0; i < layout.tensors.size(); ++i) {
      const TensorInfo& tensor = layout.tensors[i];
      const uint64_t elements = tensor.elements(), missing = recorded[i].first_missing(elements);
      if (missing < elements) {
        throw Error(ErrorKind::internal,
                    fmt::format("element {} of tensor '{}' was never written", missing, tensor.name),
                    partial.string());
      }
    }
  }

  std::string index_text() const {
    uint64_t total = 0, parameters = 0;
    Json weight_map = Json::object();  // sorted by name, as transformers does
    for (const TensorInfo& tensor : layout.tensors) {
      total += tensor.bytes();
      parameters += tensor.elements();
      weight_map[tensor.name] = layout.shards[static_cast<size_t>(tensor.shard)];
    }
    OrderedJson json;
    json["metadata"] = {{"total_parameters", parameters}, {"total_size", total}};
    json["weight_map"] = weight_map;
    return to_text(json);
  }
};

CheckpointWriter::CheckpointWriter(const fs::path& out, const std::vector<TensorSpec>& plan,
                                   const WriterOptions& options)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.out = without_slash(out);
  state.partial = partial_of(state.out);
  state.options = options;
  state.layout = lay_out(plan, options);
  require_new_output(state.out);
  state.open(plan_to_text(plan, options));
}

CheckpointWriter::CheckpointWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

CheckpointWriter CheckpointWriter::join(const fs::path& out) {
  auto state = std::make_unique<State>();
  state->out = without_slash(out);
  state->partial = partial_of(state->out);
  const fs::path plan_path = state->partial / kPlanFile;
  if (!fs::exists(plan_path)) {
    throw Error(ErrorKind::input, "no writer has planned this output", state->partial.string());
  }
  std::vector<TensorSpec> plan;
  std::tie(plan, state->options) = plan_from_text(read_text(plan_path), plan_path.string());
  state->layout = lay_out(plan, state->options);
  state->open_files();
  state->open_journal();
  return CheckpointWriter(std::move(state));
}

CheckpointWriter::~CheckpointWriter() {
  if (!state_) return;
  try {
    flush();
  } catch (const Error&) {  // what is not recorded is written again by the next run
  }
}

CheckpointWriter::CheckpointWriter(CheckpointWriter&&) noexcept = default;
CheckpointWriter& CheckpointWriter::operator=(CheckpointWriter&&) noexcept = default;

const fs::path& CheckpointWriter::out() const { return state_->out; }
const std::vector<TensorInfo>& CheckpointWriter::tensors() const { return state_->layout.tensors; }

bool CheckpointWriter::past_cache() const { return state_->options.past_cache; }

const TensorInfo& CheckpointWriter::get(const std::string& name) const {
  const auto found = state_->by_name.find(name);
  if (found != state_->by_name.end()) return state_->layout.tensors[found->second];
  throw Error(ErrorKind::internal, fmt::format("tensor '{}' was not planned", name), state_->out.string());
}

void CheckpointWriter::write(const TensorInfo& tensor, uint64_t first, std::span<const std::byte> bytes) {
  State& state = *state_;
  const size_t index = state.index_of(tensor);
  const TensorInfo& planned = state.layout.tensors[index];
  const auto bits = static_cast<uint64_t>(dtype_bits(planned.dtype));
  const uint64_t count = bytes.size() * 8 / bits, elements = planned.elements();
  if (first > elements || count > elements - first || first * bits % 8 != 0 ||
      count * bits != bytes.size() * 8) {
    throw Error(ErrorKind::internal,
                fmt::format("cannot write {} bytes from element {} of tensor '{}', which has {} elements",
                            bytes.size(), first, planned.name, elements),
                state.out.string());
  }
  state.files[static_cast<size_t>(planned.shard)].write_at(planned.begin + first * bits / 8, bytes);
  bool record = false;
  {
    const std::lock_guard lock(state.mutex);
    state.written[index].add(first, first + count);
    state.unrecorded.written[index].add(first, first + count);
    state.unrecorded_bytes += bytes.size();
    record = state.unrecorded_bytes >= state.options.journal_bytes;
  }
  if (record) flush();
}

bool CheckpointWriter::is_written(const TensorInfo& tensor, uint64_t first, uint64_t count) const {
  const size_t index = state_->index_of(tensor);
  const std::lock_guard lock(state_->mutex);
  return state_->written[index].contains(first, first + count);
}

void CheckpointWriter::write_back(const TensorInfo& tensor, uint64_t first, uint64_t count) const {
  if (!state_->options.sync) return;
  const TensorInfo& planned = state_->layout.tensors[state_->index_of(tensor)];
  const auto bits = static_cast<uint64_t>(dtype_bits(planned.dtype));
  state_->files[static_cast<size_t>(planned.shard)].advise(planned.begin + first * bits / 8, count * bits / 8,
                                                           File::Hint::write_back);
}

void CheckpointWriter::read(const TensorInfo& tensor, uint64_t first, std::span<std::byte> bytes) const {
  const TensorInfo& planned = state_->layout.tensors[state_->index_of(tensor)];
  const auto bits = static_cast<uint64_t>(dtype_bits(planned.dtype));
  state_->files[static_cast<size_t>(planned.shard)].read_at(planned.begin + first * bits / 8, bytes);
}

void CheckpointWriter::complete(ContentHash& hash) const {
  std::vector<std::byte> buffer;
  for (const TensorInfo& tensor : tensors()) {
    for (uint64_t i = 0; i < hash_blocks(tensor.bytes()); ++i) {
      if (hash.has_block(tensor.name, i)) continue;
      buffer.resize(std::min(kHashBlockBytes, tensor.bytes() - i * kHashBlockBytes));
      state_->files[static_cast<size_t>(tensor.shard)].read_at(tensor.begin + i * kHashBlockBytes, buffer);
      hash.add_block(tensor.name, i, buffer);
    }
  }
}

void CheckpointWriter::note(std::string line) {
  const std::lock_guard lock(state_->mutex);
  state_->unrecorded.notes.push_back(std::move(line));
}

const std::vector<std::string>& CheckpointWriter::notes() const { return state_->notes; }

void CheckpointWriter::put_file(const std::string& name, std::string_view contents) {
  const bool plain = !name.empty() && fs::path(name).filename() == name && name != "." && name != "..";
  if (!plain || name.starts_with(".evergreen-") || name.ends_with(".safetensors") ||
      name.ends_with(".safetensors.index.json")) {
    throw Error(ErrorKind::internal, fmt::format("'{}' is not a name for a further file", name),
                state_->out.string());
  }
  put_whole(state_->partial / name, contents);
}

bool CheckpointWriter::copy_file(const fs::path& from) {
  std::error_code failed;
  if (!fs::exists(from, failed)) return false;
  put_file(from.filename().string(), read_text(from));
  return true;
}

void CheckpointWriter::flush() { state_->flush(); }

void CheckpointWriter::publish() {
  State& state = *state_;
  if (state.options.part)
    throw Error(ErrorKind::internal, "a part cannot publish the whole", state.partial.string());
  state.flush();
  state.require_covered();
  if (state.layout.shards.size() > 1) {
    put_whole(state.partial / (state.options.stem + ".safetensors.index.json"), state.index_text());
  }
  for (File& file : state.files) file.close();
  state.journal.close();
  publish_directory(state.partial, state.out, state.options.sync);
  state.lock = WriteLock();
  remove_bookkeeping(state.out);
  state_.reset();
}

void CheckpointWriter::discard() {
  const fs::path partial = state_->partial;
  state_->unrecorded = {WrittenRanges(state_->layout.tensors.size()), {}};
  state_.reset();
  remove_tree(partial);
}

}  // namespace evergreen
