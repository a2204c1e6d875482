#include "evergreen/residual/statistics.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>

#include "evergreen/base/parallel.hpp"
#include "evergreen/residual/combine.hpp"
#include "evergreen/residual/part_statistics.hpp"
#include "evergreen/residual/row_alignment.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kPart = uint64_t{1} << 23;   // elements whose sums are kept apart until the end
constexpr uint64_t kSlice = uint64_t{1} << 18;  // read at once: 512 kB of bf16

// The checkpoints behind the directions, each once, and which of them a direction is made of.
struct Sides {
  std::vector<const CheckpointReader*> readers;
  std::vector<DirectionSides> directions;

  explicit Sides(const std::vector<Direction>& asked) {
    for (const Direction& d : asked) directions.push_back({index_of(d.a), index_of(d.b), index_of(d.onto)});
  }

 private:
  size_t index_of(const CheckpointReader* reader) {
    if (reader == nullptr) return DirectionSides::kNone;
    const auto found = std::find(readers.begin(), readers.end(), reader);
    if (found == readers.end()) readers.push_back(reader);
    return static_cast<size_t>(std::find(readers.begin(), readers.end(), reader) - readers.begin());
  }
};

struct Part {
  size_t tensor;
  uint64_t first, count;
};

class Measurement {
 public:
  explicit Measurement(const StatisticsRequest& request) : request_(request), sides_(request.directions) {
    for (const TensorInfo& tensor : request.outline->tensors()) {
      result_.tensors.push_back({&tensor, DirectionSums(sides_.directions.size())});
      sources_.push_back(has_arithmetic(tensor.dtype) ? sources(tensor) : std::vector<TensorSide>());
      if (sources_.back().empty()) continue;
      for (uint64_t first = 0; first < tensor.elements(); first += kPart) {
        parts_.push_back({sources_.size() - 1, first, std::min(kPart, tensor.elements() - first)});
        total_ += parts_.back().count;
      }
    }
  }

  Statistics run() {
    const auto start = std::chrono::steady_clock::now();
    std::vector<PartStatistics> results(parts_.size());
    parallel_for(static_cast<int64_t>(parts_.size()), request_.threads, [&](int64_t i) {
      do_part(parts_[static_cast<size_t>(i)], results[static_cast<size_t>(i)]);
    });
    for (size_t i = 0; i < parts_.size(); ++i) add(parts_[i], results[i]);
    result_.bytes_read = bytes_read_;
    result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(result_);
  }

 private:
  std::vector<TensorSide> sources(const TensorInfo& tensor) const {
    std::vector<TensorSide> all;
    for (const CheckpointReader* reader : sides_.readers) {
      const TensorInfo* own = find_or_tied(*reader, tensor.name);
      if (own == nullptr) own = &reader->get(tensor.name);  // throws, with the nearest name
      all.push_back({reader, own});
      const auto rows = request_.rows.find(reader);
      if (rows == request_.rows.end() || !has_token_rows(tensor.name) || tensor.shape.empty()) continue;
      all.back().rows = &rows->second;
      all.back().width =
          std::max<uint64_t>(1, tensor.elements() / std::max<uint64_t>(1, rows->second.size()));
    }
    return all;
  }

  void do_part(const Part& part, PartStatistics& result) {
    PartPass pass(sides_.directions, sources_[part.tensor]);
    for (uint64_t first = part.first; first < part.first + part.count; first += kSlice) {
      throw_if_stopped(request_.stop, request_.stage.c_str());
      const uint64_t count = std::min(kSlice, part.first + part.count - first);
      bytes_read_ += pass.slice(first, count);
      tell_progress(count);
    }
    result = pass.take();
  }

  // Parts come in order: the first place that is found is the first in the tensor.
  void add(const Part& part, const PartStatistics& result) {
    result_.tensors[part.tensor].sums.add(result.sums);
    for (size_t r = 0; r < result.not_finite.size(); ++r) {
      const NotFiniteCount& found = result.not_finite[r];
      const TensorInfo* tensor = sources_[part.tensor][r].tensor;
      if (found.nan + found.infinite == 0 || tensor->name != result_.tensors[part.tensor].tensor->name)
        continue;
      const auto same = std::find_if(
          result_.not_finite.begin(), result_.not_finite.end(),
          [&](const NotFinite& n) { return n.reader == sides_.readers[r] && n.tensor == tensor; });
      if (same == result_.not_finite.end()) {
        result_.not_finite.push_back({sides_.readers[r], tensor, found.nan, found.infinite, found.first});
      } else {
        same->nan += found.nan;
        same->infinite += found.infinite;
      }
    }
  }

  void tell_progress(uint64_t elements) {
    if (!request_.progress) return;
    const std::lock_guard lock(progress_mutex_);
    done_ += elements;
    request_.progress(
        {request_.stage, static_cast<double>(done_), static_cast<double>(total_), "parameters", {}});
  }

  const StatisticsRequest& request_;
  Sides sides_;
  Statistics result_;
  std::vector<std::vector<TensorSide>> sources_;  // of each tensor of the outline, by reader
  std::vector<Part> parts_;
  std::atomic<uint64_t> bytes_read_{0};
  std::mutex progress_mutex_;
  uint64_t done_ = 0, total_ = 0;
};

}  // namespace

Statistics measure(const StatisticsRequest& request) { return Measurement(request).run(); }

}  // namespace evergreen
