// The files of a preparation, written in order, and where they stood when they last reached the disk.
#pragma once

#include <optional>
#include <string>

#include "evergreen/data/prepared_chunk.hpp"

namespace evergreen {

class PreparedOutput {
 public:
  // `state` of an earlier synced_state(): goes on there; what was written since is cut off.
  PreparedOutput(const PrepareInputs& inputs, const fs::path& directory,
                 const std::optional<std::string>& state);

  // False when there are enough tokens.
  bool add(const PreparedChunk& chunk);
  // Everything reaches the disk; the state as JSON. Null while a document is kept back, which may have to be cut.
  std::optional<std::string> synced_state();
  // Closes the files. `report` is complete but for `files`.
  PrepareReport finish();
  const SieveCounts& counts() const { return counts_; }
  int64_t documents() const { return train_->documents() + held_out_->documents(); }
  int64_t tokens() const { return train_->tokens() + held_out_->tokens(); }

 private:
  struct AppendedFile {
    File file;
    uint64_t bytes = 0;
    void open(const fs::path& path, uint64_t bytes);
    void append(std::string_view text);
  };
  bool draw_held_out();
  bool needs_no_end() const;  // there is a held-out document, or none is wanted
  void hold_out(std::string_view text, std::span<const uint32_t> tokens);
  void hold_out_the_end();
  void add_pending();
  void note_contamination(const PreparedChunk& chunk);
  void count_touched(const ContaminatedDocument& document);
  void reread_contamination();

  PrepareInputs inputs_;
  const PrepareOptions& options_;
  fs::path directory_;
  DocumentSieve sieve_;  // for the texts of held-out documents
  std::optional<TokenStoreWriter> train_, held_out_;
  AppendedFile held_out_texts_, contaminated_;
  SieveCounts counts_;
  uint64_t drawn_ = 0;  // documents that might have been held out
  int64_t text_bytes_ = 0, held_out_text_bytes_ = 0, cleaned_ = 0, contaminated_documents_ = 0;
  std::vector<std::vector<bool>> touched_;   // items of each evaluation file
  std::vector<int64_t> touching_documents_;  // of each evaluation file
  std::vector<uint32_t> pending_tokens_;     // the last document, while none is held out
  std::string pending_text_;
};

}  // namespace evergreen
