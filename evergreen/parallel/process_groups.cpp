#include "evergreen/parallel/process_groups.hpp"

#include <numeric>

#include <fmt/format.h>

namespace evergreen {
namespace {

int settled_shard_ranks(int asked, int size) {
  if (asked == 0) return size;
  if (asked > 0 && size % asked == 0) return asked;
  throw Error(ErrorKind::usage, fmt::format("{} ranks are no whole number of groups of {}", size, asked), {},
              "give a --shard-ranks that divides the number of processes");
}

}  // namespace

std::vector<int> shard_group(int rank, int size, int shard_ranks) {
  (void)size;
  std::vector<int> ranks(static_cast<size_t>(shard_ranks));
  std::iota(ranks.begin(), ranks.end(), rank / shard_ranks * shard_ranks);
  return ranks;
}

std::vector<int> replicate_group(int rank, int size, int shard_ranks) {
  std::vector<int> ranks;
  for (int other = rank % shard_ranks; other < size; other += shard_ranks) ranks.push_back(other);
  return ranks;
}

ProcessGroups::ProcessGroups(const ProcessEnvironment& environment, const ProcessGroupsOptions& options)
    : environment_(environment), store_(environment, options.start_seconds) {
  const int shard_ranks = settled_shard_ranks(options.shard_ranks, environment.size);
  watch_ = std::make_unique<RankWatch>(environment, store_, options.timeout_seconds, options.start_seconds);
  thread_ = std::make_unique<CommunicationThread>();
  const auto group = [&](const std::string& name, std::vector<int> ranks) {
    return std::make_unique<ProcessGroup>(name, environment, std::move(ranks), store_, *watch_, *thread_,
                                          options.timeout_seconds);
  };
  std::vector<int> all(static_cast<size_t>(environment.size));
  std::iota(all.begin(), all.end(), 0);
  world_ = group("world", all);
  if (shard_ranks < environment.size) {
    const std::vector<int> shard = shard_group(environment.rank, environment.size, shard_ranks);
    shard_ = group(fmt::format("shard/{}", shard.front()), shard);
  }
  const std::vector<int> replicate = replicate_group(environment.rank, environment.size, shard_ranks);
  replicate_ = group(fmt::format("replicate/{}", replicate.front()), replicate);
  watch_->on_failure([this] {
    for (const auto& each : {world_.get(), shard_.get(), replicate_.get()}) {
      if (each != nullptr) each->abort();
    }
  });
}

ProcessGroups::~ProcessGroups() {
  thread_.reset();  // what was asked for ends, or fails
  watch_
      .reset();  // rank 0 waits for the others; the connections are closed after that, so that nobody sees it
}

void ProcessGroups::rank_zero_first(const std::string& name, const std::function<void()>& work) {
  rank_zero_finds(name, [&] {
    work();
    return std::string();
  });
}

std::string ProcessGroups::rank_zero_finds(const std::string& name,
                                           const std::function<std::string()>& work) {
  const std::string key = "done/" + name;
  if (rank() != 0) {
    watch_->wait_for(key);
    return store_.get(key).value();
  }
  try {
    const std::string found = work();
    store_.set(key, found);
    return found;
  } catch (const Error& error) {
    watch_->report(error);
    throw;
  }
}

std::vector<std::string> ProcessGroups::gather(const std::string& name, const std::string& mine) {
  constexpr size_t kPiece = size_t{4} << 20;  // the store refuses more than 8 MiB
  const auto key = [&](int rank, size_t piece) { return fmt::format("gather/{}/{}/{}", name, rank, piece); };
  const size_t pieces = mine.size() / kPiece + 1;
  for (size_t piece = 0; piece < pieces; ++piece)
    store_.set(key(rank(), piece + 1), mine.substr(piece * kPiece, kPiece));
  store_.set(key(rank(), 0), std::to_string(pieces));
  // The store takes a client's words in order and answers none that is set: this answer means that all of them are there.
  store_.get(key(rank(), 0));
  world_->barrier();  // a rank that is lost is found out here
  std::vector<std::string> all;
  for (int from = 0; from < size(); ++from) {
    std::string& text = all.emplace_back();
    const auto count = std::stoul(store_.get(key(from, 0)).value());
    for (size_t piece = 1; piece <= count; ++piece) text += store_.get(key(from, piece)).value();
  }
  return all;
}

uint64_t ProcessGroups::bytes_sent() const {
  return world_->bytes_sent() + (shard_ ? shard_->bytes_sent() : 0) + replicate_->bytes_sent();
}

}  // namespace evergreen
