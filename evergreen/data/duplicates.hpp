// Duplicates within a corpus: found in two passes, in bounded memory.
//
//   scan      every document's keys are appended to files, in order:   exact.keys       16 bytes (hash of the text)
//             near duplicates also                                      bands.keys       8 bytes a band
//                                                                       signatures.keys  1 byte a place
//   resolve   keys are sorted in parts that fit into `memory_bytes`: documents with the same text are duplicates; those that
//             share a band are, if their signatures agree enough (min_hash.hpp). What is a duplicate of a duplicate
//             belongs to the same cluster; the first document of each is kept.
//
// In a part, a document is compared with up to 16 different ones of the same band key, so that a key that very many share costs
// no square of their number.
// Memory    `memory_bytes` and 5 bytes a document; on disk, until the corpus is written, 16 bytes a document (exact) or
//           16 + 8 * bands + bands * rows (near; 240 by default). A corpus of 100 GB in 30 million documents: 150 MB
//           beside the sorting buffer, 7 GB of disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/base/hash.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/data/drop_reason.hpp"
#include "evergreen/data/min_hash.hpp"

namespace evergreen {

enum class DedupKind { none, exact, near };
DedupKind dedup_kind_from_name(const std::string& name);  // Error{usage} with the nearest
const char* dedup_kind_name(DedupKind kind);

struct DedupOptions {
  DedupKind kind = DedupKind::none;
  MinHashOptions min_hash = {};
  uint64_t memory_bytes = uint64_t{256} << 20;  // of the sorting buffer
};

// Keys of some documents, in order.
struct DuplicateKeys {
  std::vector<Hash128> exact;
  std::vector<uint64_t> bands;
  std::vector<uint8_t> signatures;
  void clear();
};

// One thread's.
class DuplicateKeyMaker {
 public:
  explicit DuplicateKeyMaker(const DedupOptions& options);
  void append(std::string_view text, DuplicateKeys& keys);

 private:
  DedupKind kind_;
  std::optional<MinHash> min_hash_;
  int bands_;
};

// The key files of a scan.
class DuplicateKeyFiles {
 public:
  // Goes on behind the first `documents`; what is behind them, left by a kill, is cut off.
  DuplicateKeyFiles(const fs::path& directory, const DedupOptions& options, int64_t documents);
  void append(const DuplicateKeys& keys);
  void sync();
  int64_t documents() const { return documents_; }

 private:
  struct KeyFile {
    File file;
    uint64_t bytes = 0;
  };
  static KeyFile open(const fs::path& path, uint64_t bytes);
  static void append_to(KeyFile& file, std::span<const std::byte> bytes);

  DedupKind kind_;
  int64_t documents_;
  KeyFile exact_, bands_, signatures_;
};

void remove_duplicate_keys(const fs::path& directory);

// What becomes of each document of the scan: Drop::none, exact_duplicate or near_duplicate.
std::vector<Drop> find_duplicates(const fs::path& directory, const DedupOptions& options, int64_t documents,
                                  const StopFlag* stop = nullptr);

}  // namespace evergreen
