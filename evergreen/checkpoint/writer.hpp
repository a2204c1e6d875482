// Writing a checkpoint whole or not at all.
//
// 1. plan    the writer is told every name, dtype and shape (and shard size) first: file sizes and offsets
//            are known, disk space is checked and taken, before the first byte of data.
// 2. write   any thread, process or rank writes any (tensor, range of elements), in any order.
// 3. publish checks that every byte was written, syncs, writes the index and renames the directory into place.
//
// The directory being written is `OUT.partial` beside OUT (partial_directory.hpp). A journal in it names the ranges written so
// far, so another process can join(), and a killed one can go on where it was. Several processes, on several machines with a
// shared file system, may each do a part (WriterOptions::part): whoever comes first makes the files, and one of them, when all
// are done, opens the same plan without a part and publishes.
//
// Errors    Error{input} if OUT exists already, a name occurs twice, another process is writing OUT (or, of two with parts, the
//           same part), or OUT.partial was not made by a CheckpointWriter; Error{resource} if the disk is too small;
//           Error{internal} from publish() if ranges were never written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/checkpoint/content_hash.hpp"
#include "evergreen/checkpoint/safetensors.hpp"

namespace evergreen {

struct TensorSpec {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<int64_t> shape;
};

struct WriterOptions {
  std::string stem = "model";                    // of the files' names: "model.safetensors"
  uint64_t max_shard_bytes = uint64_t{5} << 30;  // as transformers: a larger tensor gets a shard of its own
  std::map<std::string, std::string> metadata = {{"format", "pt"}};
  bool sync = true;  // fsync before the rename; off only in benchmarks and tests
  // Whole pages go past the page cache (File::write_past_cache): for bytes that are written in large pieces, synced anyway and
  // not read again soon.
  bool past_cache = false;
  // What the bytes depend on besides the plan (inputs, settings): work under another id is not continued.
  std::string plan_id = {};
  uint64_t journal_bytes = uint64_t{256} << 20;  // data written between two records in the journal
  std::optional<int> part = {};  // the number of this process among several that write OUT at a time
  bool continue_only = false;    // Error{input} if there is no OUT.partial of the same plan
};

class CheckpointWriter {
 public:
  // Makes OUT.partial with all files at their final size. An OUT.partial of the same plan is continued:
  // is_written() tells what it holds; one of another plan is removed and made anew.
  CheckpointWriter(const fs::path& out, const std::vector<TensorSpec>& plan,
                   const WriterOptions& options = {});
  // Opens the OUT.partial that another process or rank planned.
  static CheckpointWriter join(const fs::path& out);
  ~CheckpointWriter();  // unpublished: OUT.partial stays, to be continued; discard() removes it
  CheckpointWriter(CheckpointWriter&&) noexcept;
  CheckpointWriter& operator=(CheckpointWriter&&) noexcept;

  const fs::path& out() const;
  const std::vector<TensorInfo>& tensors() const;  // as planned, with shard and byte range
  bool past_cache() const;                         // as asked for: large pieces are better then
  const TensorInfo& get(const std::string& name) const;

  // Elements [first, first + count) of the tensor. Thread-safe for ranges that do not overlap.
  void write(const TensorInfo& tensor, uint64_t first, std::span<const std::byte> bytes);
  bool is_written(const TensorInfo& tensor, uint64_t first, uint64_t count) const;
  // These elements will not be written again: the disk may have them now. A hint, and not waited for.
  void write_back(const TensorInfo& tensor, uint64_t first, uint64_t count) const;
  // What was written, also by other processes. For ranges that are written.
  void read(const TensorInfo& tensor, uint64_t first, std::span<std::byte> bytes) const;

  // Reads and adds the blocks that `hash` lacks. When all is written.
  void complete(ContentHash& hash) const;

  // A line that is in the journal only if all is that was written before it. Thread-safe.
  void note(std::string line);
  // The lines of all processes that have flushed before this one was made, in no order.
  const std::vector<std::string>& notes() const;

  // A further file of the directory (config.json, tokenizer.json, README.md ...), written now, visible at publish().
  void put_file(const std::string& name, std::string_view contents);
  // A copy of `from` under the same name; false if there is no such file.
  bool copy_file(const fs::path& from);

  // Records in the journal all that this process wrote; done by the destructor and, now and then, by write().
  void flush();
  // The last step: to be called by one process, when all others have flushed.
  void publish();
  void discard();

 private:
  struct State;
  explicit CheckpointWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace evergreen
