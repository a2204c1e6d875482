#include "evergreen/data/inspect_prepared.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/base/random.hpp"
#include "evergreen/data/prepare_report.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {
namespace {

constexpr int64_t kSampleTokens = 200;  // of a document, for people

void verify(const TokenStore& store, const std::string& name, const StopFlag* stop,
            const ProgressFn& progress) {
  for (size_t shard = 0; shard < store.shards().size(); ++shard) {
    throw_if_stopped(stop, "verifying");
    store.verify(shard);
    if (progress)
      progress({"verify " + name, static_cast<double>(shard + 1), static_cast<double>(store.shards().size()),
                "shards", ""});
  }
}

void draw_samples(const TokenStore& store, const PreparedInspectOptions& options, const Tokenizer& tokenizer,
                  std::vector<SampledDocument>& samples) {
  for (const uint64_t drawn :
       random_subset(static_cast<uint64_t>(options.samples), static_cast<uint64_t>(store.documents()),
                     RandomStream(options.seed, "data.inspect"))) {
    const auto document = static_cast<int64_t>(drawn);
    std::vector<uint32_t> tokens(static_cast<size_t>(std::min(kSampleTokens, store.length(document))));
    store.read(document, 0, tokens);
    std::vector<int32_t> ids;
    for (const uint32_t token : tokens) ids.push_back(static_cast<int32_t>(token & ~kContextOnly));
    samples.push_back({document, store.length(document), tokenizer.decode(ids)});
  }
}

StoreInspection inspect_store(const fs::path& directory, const std::string& name,
                              const PreparedInspectOptions& options, const Tokenizer* tokenizer,
                              const StopFlag* stop, const ProgressFn& progress) {
  const TokenStore store(directory);
  StoreInspection found{name,
                        store.vocab_size(),
                        store.documents(),
                        store.tokens(),
                        to_string(store.hash()),
                        store.shards().size(),
                        options.verify,
                        {},
                        {}};
  if (options.verify) verify(store, name, stop, progress);
  for (int64_t document = 0; document < store.documents(); ++document)
    found.lengths.add(store.length(document));
  if (tokenizer != nullptr && options.samples > 0) draw_samples(store, options, *tokenizer, found.samples);
  return found;
}

OrderedJson store_json(const StoreInspection& store) {
  OrderedJson samples = OrderedJson::array();
  for (const SampledDocument& s : store.samples)
    samples.push_back({{"document", s.document}, {"tokens", s.tokens}, {"text", s.text}});
  return {{"vocab_size", store.vocab_size},
          {"documents", store.documents},
          {"tokens", store.tokens},
          {"shards", store.shards},
          {"hash", store.hash},
          {"verified", store.verified},
          {"lengths", OrderedJson::parse(histogram_json(store.lengths))},
          {"samples", samples}};
}

}  // namespace

bool is_prepared(const fs::path& directory) {
  return is_token_store(directory) || is_token_store(directory / "train");
}

PreparedInspection inspect_prepared(const fs::path& directory, const PreparedInspectOptions& options,
                                    const StopFlag* stop, const ProgressFn& progress) {
  PreparedInspection inspection;
  const fs::path files = options.tokenizer.empty() ? directory / "tokenizer" : options.tokenizer;
  std::optional<Tokenizer> tokenizer;
  if (options.samples > 0 && (!options.tokenizer.empty() || fs::exists(files / "tokenizer.json")))
    tokenizer = load_tokenizer(files);
  const Tokenizer* decoder = tokenizer ? &*tokenizer : nullptr;
  if (is_token_store(directory)) {
    inspection.stores.push_back(
        inspect_store(directory, directory.filename().string(), options, decoder, stop, progress));
    return inspection;
  }
  for (const char* name : {"train", "held_out"}) {
    if (is_token_store(directory / name))
      inspection.stores.push_back(inspect_store(directory / name, name, options, decoder, stop, progress));
  }
  if (fs::exists(directory / "report.json")) {
    inspection.report = read_text(directory / "report.json");
    inspection.table = report_table(read_report(directory / "report.json"));
  }
  if (fs::exists(directory / "evergreen.json"))
    inspection.provenance = read_text(directory / "evergreen.json");
  return inspection;
}

std::string inspection_text(const PreparedInspection& inspection) {
  std::string text = inspection.table;
  if (!inspection.provenance.empty()) {
    const Json provenance = parse_json(inspection.provenance, "evergreen.json");
    text += "\nmade from\n";
    for (const Json& input : provenance.value("inputs", Json::array()))
      text += fmt::format("  {:<14}{}  {}\n", input.value("role", ""), input.value("path", ""),
                          input.value("hash", ""));
  }
  for (const StoreInspection& store : inspection.stores) {
    text += fmt::format("\n{}: {} documents, {} tokens in {} shard{}, vocabulary of {}{}\n", store.name,
                        store.documents, store.tokens, store.shards, store.shards == 1 ? "" : "s",
                        store.vocab_size, store.verified ? "; every block matches its hash" : "");
    text += histogram_table(store.lengths, "tokens");
    for (const SampledDocument& sample : store.samples)
      text += fmt::format(
          "\n--- {} document {}, {} tokens{}\n{}\n", store.name, sample.document, sample.tokens,
          sample.tokens > kSampleTokens ? fmt::format(", the first {}", kSampleTokens) : "", sample.text);
  }
  return text;
}

std::string inspection_json(const PreparedInspection& inspection) {
  OrderedJson json = OrderedJson::object();
  for (const StoreInspection& store : inspection.stores) json["stores"][store.name] = store_json(store);
  if (!inspection.report.empty()) json["report"] = OrderedJson::parse(inspection.report);
  if (!inspection.provenance.empty()) json["provenance"] = OrderedJson::parse(inspection.provenance);
  return to_text(json);
}

}  // namespace evergreen
