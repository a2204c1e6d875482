#include "evergreen/data/duplicates.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

constexpr const char* kExactFile = "exact.keys";
constexpr const char* kBandsFile = "bands.keys";
constexpr const char* kSignaturesFile = "signatures.keys";
constexpr size_t kLeaders = 16;
constexpr size_t kReadRecords = size_t{1} << 16;

// Sets of documents; the first of a set stands for it.
class Clusters {
 public:
  explicit Clusters(int64_t documents) : parent_(static_cast<size_t>(documents)) {
    std::iota(parent_.begin(), parent_.end(), 0U);
  }
  uint32_t first(uint32_t d) {
    while (parent_[d] != d) d = parent_[d] = parent_[parent_[d]];
    return d;
  }
  void join(uint32_t a, uint32_t b) {
    a = first(a), b = first(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<uint32_t> parent_;
};

// Calls use(record, index) for all records of a file.
template <class Record, class Use>
void for_each_record(const fs::path& path, uint64_t count, const StopFlag* stop, Use&& use) {
  const File file(path, File::Mode::read);
  std::vector<Record> buffer(std::min<uint64_t>(count, kReadRecords));
  for (uint64_t at = 0; at < count; at += buffer.size()) {
    throw_if_stopped(stop, "looking for duplicates");
    const auto part = std::span(buffer).first(std::min<uint64_t>(buffer.size(), count - at));
    file.read_at(at * sizeof(Record), std::as_writable_bytes(part));
    for (size_t i = 0; i < part.size(); ++i) use(part[i], at + i);
  }
}

// Into how many parts `records` of `bytes` each are cut so that one fits.
uint64_t parts_for(uint64_t records, uint64_t bytes, uint64_t memory) {
  return std::max<uint64_t>(1, (records * bytes + memory - 1) / std::max<uint64_t>(memory, 1));
}

class Resolution {
 public:
  Resolution(const fs::path& directory, const DedupOptions& options, int64_t documents, const StopFlag* stop)
      : directory_(directory),
        options_(options),
        documents_(static_cast<uint64_t>(documents)),
        stop_(stop),
        clusters_(documents),
        drops_(documents_, Drop::none) {}

  std::vector<Drop> run() {
    find_exact();
    if (options_.kind == DedupKind::near) find_near();
    for (uint32_t d = 0; d < documents_; ++d) {
      if (drops_[d] == Drop::none && clusters_.first(d) != d) drops_[d] = Drop::near_duplicate;
    }
    return std::move(drops_);
  }

 private:
  void find_exact() {
    struct Key {
      Hash128 hash;
      uint32_t document;
    };
    const uint64_t parts = parts_for(documents_, sizeof(Key), options_.memory_bytes);
    std::vector<Key> keys;
    for (uint64_t part = 0; part < parts; ++part) {
      keys.clear();
      for_each_record<Hash128>(directory_ / kExactFile, documents_, stop_,
                               [&](const Hash128& hash, uint64_t d) {
                                 if (hash.high % parts == part)
                                   keys.push_back({hash, static_cast<uint32_t>(d)});
                               });
      std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
        return std::tie(a.hash.low, a.hash.high, a.document) < std::tie(b.hash.low, b.hash.high, b.document);
      });
      for (size_t i = 1; i < keys.size(); ++i) {
        if (!(keys[i].hash == keys[i - 1].hash)) continue;
        drops_[keys[i].document] = Drop::exact_duplicate;
        clusters_.join(keys[i - 1].document, keys[i].document);
      }
    }
  }

  struct Band {
    uint64_t key;
    uint32_t document;
  };

  void find_near() {
    const auto bands = static_cast<uint64_t>(options_.min_hash.bands);
    const uint64_t parts = parts_for(documents_ * bands, sizeof(Band), options_.memory_bytes);
    const File signatures(directory_ / kSignaturesFile, File::Mode::read);
    std::vector<Band> keys;
    for (uint64_t part = 0; part < parts; ++part) {
      keys.clear();
      for_each_record<uint64_t>(directory_ / kBandsFile, documents_ * bands, stop_,
                                [&](uint64_t key, uint64_t i) {
                                  const auto document = static_cast<uint32_t>(i / bands);
                                  if (drops_[document] == Drop::none && mix_bits(key) % parts == part)
                                    keys.push_back({key, document});
                                });
      std::sort(keys.begin(), keys.end(), [](const Band& a, const Band& b) {
        return std::tie(a.key, a.document) < std::tie(b.key, b.document);
      });
      for (size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
        for (end = begin + 1; end < keys.size() && keys[end].key == keys[begin].key; ++end) {
        }
        if (end - begin > 1) compare(std::span(keys).subspan(begin, end - begin), signatures);
      }
    }
  }

  void compare(std::span<const Band> group, const File& signatures) {
    const auto places = static_cast<size_t>(options_.min_hash.places());
    std::vector<std::pair<uint32_t, std::vector<uint8_t>>> leaders;
    std::vector<uint8_t> signature(places);
    throw_if_stopped(stop_, "looking for duplicates");
    for (const Band& band : group) {
      signatures.read_at(uint64_t{band.document} * places, std::as_writable_bytes(std::span(signature)));
      const auto like = std::find_if(leaders.begin(), leaders.end(), [&](const auto& leader) {
        return estimated_similarity(leader.second, signature) >= options_.min_hash.threshold;
      });
      if (like != leaders.end()) {
        clusters_.join(like->first, band.document);
      } else if (leaders.size() < kLeaders) {
        leaders.emplace_back(band.document, signature);
      }
    }
  }

  const fs::path& directory_;
  const DedupOptions& options_;
  uint64_t documents_;
  const StopFlag* stop_;
  Clusters clusters_;
  std::vector<Drop> drops_;
};

const std::vector<std::string> kKindNames = {"none", "exact", "near"};

}  // namespace

const char* dedup_kind_name(DedupKind kind) { return kKindNames[static_cast<size_t>(kind)].c_str(); }

DedupKind dedup_kind_from_name(const std::string& name) {
  for (size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<DedupKind>(i);
  }
  throw Error(ErrorKind::usage, fmt::format("there is no way '{}' to remove duplicates", name), "--dedup",
              suggest_name(name, kKindNames));
}

void DuplicateKeys::clear() {
  exact.clear();
  bands.clear();
  signatures.clear();
}

DuplicateKeyMaker::DuplicateKeyMaker(const DedupOptions& options)
    : kind_(options.kind), bands_(options.min_hash.bands) {
  if (kind_ == DedupKind::near) {
    require_valid(options.min_hash);
    min_hash_.emplace(options.min_hash);
  }
}

void DuplicateKeyMaker::append(std::string_view text, DuplicateKeys& keys) {
  keys.exact.push_back(hash_text(text));
  if (kind_ != DedupKind::near) return;
  if (min_hash_->sign(text)) {
    min_hash_->append_bands(keys.bands);
  } else {  // keys of its own, from its text
    for (int band = 0; band < bands_; ++band)
      keys.bands.push_back(keys.exact.back().high + mix_bits(static_cast<uint64_t>(band)));
  }
  min_hash_->append_bytes(keys.signatures);
}

DuplicateKeyFiles::KeyFile DuplicateKeyFiles::open(const fs::path& path, uint64_t bytes) {
  File file(path, fs::exists(path) ? File::Mode::read_write : File::Mode::create);
  if (file.size() < bytes) {
    throw Error(ErrorKind::input, "the keys of an unfinished run are damaged", path.string(),
                "remove the directory and start anew");
  }
  file.resize(bytes);
  return {std::move(file), bytes};
}

DuplicateKeyFiles::DuplicateKeyFiles(const fs::path& directory, const DedupOptions& options,
                                     int64_t documents)
    : kind_(options.kind), documents_(documents) {
  const auto count = static_cast<uint64_t>(documents);
  exact_ = open(directory / kExactFile, count * sizeof(Hash128));
  if (kind_ != DedupKind::near) return;
  bands_ =
      open(directory / kBandsFile, count * static_cast<uint64_t>(options.min_hash.bands) * sizeof(uint64_t));
  signatures_ = open(directory / kSignaturesFile, count * static_cast<uint64_t>(options.min_hash.places()));
}

void DuplicateKeyFiles::append_to(KeyFile& file, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  file.file.write_at(file.bytes, bytes);
  file.bytes += bytes.size();
}

void DuplicateKeyFiles::append(const DuplicateKeys& keys) {
  if (static_cast<uint64_t>(documents_) + keys.exact.size() > UINT32_MAX) {
    throw Error(ErrorKind::input, "duplicates are looked for in up to 4,294,967,295 documents", {},
                "prepare the corpus in several parts");
  }
  append_to(exact_, std::as_bytes(std::span(keys.exact)));
  append_to(bands_, std::as_bytes(std::span(keys.bands)));
  append_to(signatures_, std::as_bytes(std::span(keys.signatures)));
  documents_ += static_cast<int64_t>(keys.exact.size());
}

void DuplicateKeyFiles::sync() {
  exact_.file.sync();
  if (kind_ != DedupKind::near) return;
  bands_.file.sync();
  signatures_.file.sync();
}

void remove_duplicate_keys(const fs::path& directory) {
  for (const char* name : {kExactFile, kBandsFile, kSignaturesFile}) fs::remove(directory / name);
}

std::vector<Drop> find_duplicates(const fs::path& directory, const DedupOptions& options, int64_t documents,
                                  const StopFlag* stop) {
  if (documents == 0) return {};
  return Resolution(directory, options, documents, stop).run();
}

}  // namespace evergreen
