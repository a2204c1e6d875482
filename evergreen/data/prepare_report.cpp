#include "evergreen/data/prepare_report.hpp"

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

std::string row(std::string_view name, int64_t documents, int64_t of) {
  const double percent = of > 0 ? 100.0 * static_cast<double>(documents) / static_cast<double>(of) : 0;
  return fmt::format("{:<32}{:>14}{:>9.2f} %\n", name, documents, percent);
}

}  // namespace

std::string report_json(const PrepareReport& r) {
  OrderedJson dropped = OrderedJson::object(), bad = OrderedJson::object(), first = OrderedJson::array();
  for (size_t i = 1; i < kDropReasons; ++i) {
    if (r.dropped[i] > 0) dropped[drop_name(static_cast<Drop>(i))] = r.dropped[i];
  }
  for (size_t i = 0; i < kBadKinds; ++i) {
    const auto kind = static_cast<BadKind>(i);
    if (r.bad.count(kind) > 0) bad[bad_kind_name(kind)] = r.bad.count(kind);
  }
  for (const BadRecord& record : r.bad.first())
    first.push_back({{"kind", bad_kind_name(record.kind)}, {"file", record.file}, {"line", record.line}});
  OrderedJson evaluation = OrderedJson::array();
  for (const EvaluationReport& e : r.evaluation) {
    evaluation.push_back({{"file", e.file},
                          {"items", e.items},
                          {"too_short", e.too_short},
                          {"touched", e.touched},
                          {"documents", e.documents}});
  }
  return to_text({{"plan", r.plan},
                  {"files", r.files},
                  {"records", r.records},
                  {"documents", r.documents},
                  {"tokens", r.tokens},
                  {"text_bytes", r.text_bytes},
                  {"held_out_documents", r.held_out_documents},
                  {"held_out_tokens", r.held_out_tokens},
                  {"held_out_text_bytes", r.held_out_text_bytes},
                  {"cleaned", r.cleaned},
                  {"contaminated", r.contaminated},
                  {"dropped", dropped},
                  {"bad", bad},
                  {"first_bad", first},
                  {"evaluation", evaluation}});
}

PrepareReport read_report(const fs::path& file) {
  const Json json = read_json(file);
  const std::string where = file.string();
  const auto number = [&](const char* name) { return json_get<int64_t>(json, name, where); };
  PrepareReport r;
  r.plan = json_get<std::string>(json, "plan", where);
  r.files = number("files");
  r.records = number("records");
  r.documents = number("documents");
  r.tokens = number("tokens");
  r.text_bytes = number("text_bytes");
  r.held_out_documents = number("held_out_documents");
  r.held_out_tokens = number("held_out_tokens");
  r.held_out_text_bytes = number("held_out_text_bytes");
  r.cleaned = number("cleaned");
  r.contaminated = number("contaminated");
  const Json dropped = json_get<Json>(json, "dropped", where), bad = json_get<Json>(json, "bad", where);
  for (size_t i = 1; i < kDropReasons; ++i)
    r.dropped[i] = json_get_or<int64_t>(dropped, drop_name(static_cast<Drop>(i)), 0, where);
  std::array<int64_t, kBadKinds> counts{};
  std::vector<BadRecord> first;
  for (size_t i = 0; i < kBadKinds; ++i) {
    const auto kind = static_cast<BadKind>(i);
    counts[i] = json_get_or<int64_t>(bad, bad_kind_name(kind), 0, where);
    for (const Json& record : json_get<Json>(json, "first_bad", where)) {
      if (json_get<std::string>(record, "kind", where) == bad_kind_name(kind))
        first.push_back(
            {kind, json_get<std::string>(record, "file", where), json_get<int64_t>(record, "line", where)});
    }
  }
  r.bad.restore(counts, std::move(first));
  for (const Json& e : json_get<Json>(json, "evaluation", where)) {
    const auto count = [&](const char* name) { return json_get<int64_t>(e, name, where); };
    r.evaluation.push_back({json_get<std::string>(e, "file", where), count("items"), count("too_short"),
                            count("touched"), count("documents")});
  }
  return r;
}

std::string report_table(const PrepareReport& r) {
  std::string text = fmt::format("{:<32}{:>14}\n", "", "documents");
  text += row(fmt::format("read from {} file{}", r.files, r.files == 1 ? "" : "s"), r.records, r.records);
  for (size_t i = 0; i < kBadKinds; ++i) {
    const auto kind = static_cast<BadKind>(i);
    if (r.bad.count(kind) > 0)
      text += row(fmt::format("  bad: {}", bad_kind_name(kind)), r.bad.count(kind), r.records);
  }
  for (size_t i = 1; i < kDropReasons; ++i) {
    if (r.dropped[i] > 0)
      text += row(fmt::format("  dropped: {}", drop_name(static_cast<Drop>(i))), r.dropped[i], r.records);
  }
  text += row("training", r.documents, r.records) + row("held out", r.held_out_documents, r.records);
  if (r.cleaned > 0) text += row("  with changed text", r.cleaned, r.records);
  const double bytes = static_cast<double>(r.text_bytes + r.held_out_text_bytes);
  const auto tokens = static_cast<double>(r.tokens + r.held_out_tokens);
  text += fmt::format("\n{} tokens for training, {} held out; {} of text, {:.2f} bytes a token\n", r.tokens,
                      r.held_out_tokens, human_bytes(bytes), tokens > 0 ? bytes / tokens : 0.0);
  for (const EvaluationReport& e : r.evaluation) {
    const double share =
        e.items > 0 ? 100.0 * static_cast<double>(e.touched) / static_cast<double>(e.items) : 0;
    text += fmt::format("{}: {} of {} items ({:.2f} %) found in {} documents; {} items too short to tell\n",
                        e.file, e.touched, e.items, share, e.documents, e.too_short);
  }
  for (const BadRecord& record : r.bad.first())
    text += fmt::format("bad: {} ({})\n", place_of(record), bad_kind_name(record.kind));
  return text;
}

}  // namespace evergreen
