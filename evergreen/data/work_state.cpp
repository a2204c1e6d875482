#include "evergreen/data/work_state.hpp"

namespace evergreen {

OrderedJson to_json(const ReadPosition& p) {
  return {{"file", p.file}, {"offset", p.offset}, {"line", p.line}};
}

ReadPosition position_from(const Json& json) { return {json.at("file"), json.at("offset"), json.at("line")}; }

OrderedJson to_json(const SieveCounts& counts) {
  OrderedJson first = OrderedJson::array(), bad = OrderedJson::array();
  for (const BadRecord& r : counts.bad.first()) first.push_back({static_cast<int>(r.kind), r.file, r.line});
  for (size_t i = 0; i < kBadKinds; ++i) bad.push_back(counts.bad.count(static_cast<BadKind>(i)));
  return {{"records", counts.records}, {"dropped", counts.dropped}, {"bad", bad}, {"first_bad", first}};
}

SieveCounts counts_from(const Json& json) {
  SieveCounts counts;
  counts.records = json.at("records");
  counts.dropped = json.at("dropped").get<DropCounts>();
  std::vector<BadRecord> first;
  for (const Json& r : json.at("first_bad"))
    first.push_back({static_cast<BadKind>(r.at(0).get<int>()), r.at(1), r.at(2)});
  counts.bad.restore(json.at("bad").get<std::array<int64_t, kBadKinds>>(), std::move(first));
  return counts;
}

OrderedJson to_json(const TokenStoreState& state) {
  OrderedJson finished = OrderedJson::array();
  for (const TokenShardInfo& s : state.finished)
    finished.push_back({s.file, s.documents, s.tokens, s.hash.high, s.hash.low});
  return {{"finished", finished}, {"open_documents", state.open_documents}};
}

TokenStoreState store_state_from(const Json& json) {
  TokenStoreState state;
  for (const Json& s : json.at("finished"))
    state.finished.push_back({s.at(0), s.at(1), s.at(2), {s.at(3).get<uint64_t>(), s.at(4).get<uint64_t>()}});
  state.open_documents = json.at("open_documents");
  return state;
}

}  // namespace evergreen
