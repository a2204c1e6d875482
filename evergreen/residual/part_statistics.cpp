#include "evergreen/residual/part_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace evergreen {
namespace {

constexpr size_t kLanes = 8;

}  // namespace

uint64_t TensorSide::own_element(uint64_t element) const {
  if (rows == nullptr) return element;
  const int64_t row = rows->at(element / width);
  return row == RowAlignment::kNoRow ? kAbsent : static_cast<uint64_t>(row) * width + element % width;
}

void TensorSide::read(uint64_t first, uint64_t count, std::span<std::byte> out,
                      std::span<uint8_t> absent) const {
  if (rows == nullptr) return reader->read(*tensor, first, count, out);
  for (uint64_t at = 0; at < count;) {
    const uint64_t some = std::min(count - at, width - (first + at) % width), own = own_element(first + at);
    const auto bytes = out.subspan(at * element_bytes(), some * element_bytes());
    if (own != kAbsent) {
      reader->read(*tensor, own, some, bytes);
    } else {
      std::ranges::fill(bytes, std::byte{0});
      std::ranges::fill(absent.subspan(at, some), uint8_t{1});
    }
    at += some;
  }
}

PartPass::PartPass(const std::vector<DirectionSides>& directions, const std::vector<TensorSide>& tensors)
    : sides_(directions),
      tensors_(tensors),
      result_{DirectionSums(directions.size()), std::vector<NotFiniteCount>(tensors.size())},
      values_(tensors.size()),
      directions_(directions.size()),
      buffers_(tensors.size()) {
  for (const TensorSide& side : tensors) aligned_ = aligned_ || side.rows != nullptr;
}

uint64_t PartPass::slice(uint64_t first, uint64_t count) {
  uint64_t bytes = 0;
  if (aligned_) absent_.assign(count, 0);
  for (size_t r = 0; r < tensors_.size(); ++r) {
    buffers_[r].resize(count * tensors_[r].element_bytes());
    tensors_[r].read(first, count, buffers_[r], absent_);
    bytes += buffers_[r].size();
  }
  for (uint64_t at = 0; at < count; at += kChunk) {
    chunk(first + at, at, static_cast<size_t>(std::min<uint64_t>(kChunk, count - at)));
  }
  return bytes;
}

void PartPass::chunk(uint64_t element, uint64_t at, size_t count) {
  for (size_t r = 0; r < tensors_.size(); ++r) {
    const uint64_t size = tensors_[r].element_bytes();
    const auto bytes = std::span(buffers_[r]).subspan(at * size, count * size);
    decode(tensors_[r].tensor->dtype, bytes, std::span(values_[r]).first(count));
    std::fill(values_[r].begin() + static_cast<std::ptrdiff_t>(count), values_[r].end(), 0.0);
  }
  result_.sums.elements += count;
  if (aligned_) leave_out_absent(at, count);
  if (!std::all_of(values_.begin(), values_.end(), all_finite)) leave_out(element, count);
  for (size_t k = 0; k < directions_.size(); ++k) direction(k, count);
  for (size_t l = 0; l < directions_.size(); ++l) {
    for (size_t k = 0; k <= l; ++k) result_.sums.product(k, l) += dot(directions_[k], directions_[l]);
  }
}

void PartPass::leave_out_absent(uint64_t at, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (absent_[at + i] == 0) continue;
    --result_.sums.elements;
    for (Chunk& values : values_) values[i] = 0;
  }
}

void PartPass::leave_out(uint64_t element, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    bool finite = true;
    for (size_t r = 0; r < tensors_.size(); ++r) {
      if (std::isfinite(values_[r][i])) continue;
      finite = false;
      NotFiniteCount& found = result_.not_finite[r];
      if (found.nan + found.infinite == 0) found.first = tensors_[r].own_element(element + i);
      (std::isnan(values_[r][i]) ? found.nan : found.infinite) += 1;
    }
    if (finite) continue;
    ++result_.sums.left_out;
    for (Chunk& values : values_) values[i] = 0;
  }
}

void PartPass::direction(size_t k, size_t count) {
  const DirectionSides& index = sides_[k];
  Chunk& v = directions_[k];
  v = values_[index.a];
  if (index.b != DirectionSides::kNone) {
    const Chunk& b = values_[index.b];
    for (size_t i = 0; i < kChunk; ++i) v[i] -= b[i];
  }
  uint64_t changed = 0;
  if (index.onto == DirectionSides::kNone) {
    for (size_t i = 0; i < kChunk; ++i) changed += v[i] != 0 ? 1 : 0;
  } else {
    changed = changed_onto(index.onto, v, count);
  }
  result_.sums.changed(k) += changed;
}

uint64_t PartPass::changed_onto(size_t onto, const Chunk& v, size_t count) const {
  const Chunk& base = values_[onto];
  Chunk sum;
  for (size_t i = 0; i < kChunk; ++i) sum[i] = base[i] + v[i];
  std::array<std::byte, kChunk * sizeof(double)> bytes;
  const auto used = std::span(bytes).first(count * tensors_[onto].element_bytes());
  encode(tensors_[onto].tensor->dtype, std::span(sum).first(count), used);
  decode(tensors_[onto].tensor->dtype, used, std::span(sum).first(count));
  uint64_t changed = 0;
  for (size_t i = 0; i < count; ++i) changed += sum[i] != base[i] ? 1 : 0;
  return changed;
}

// The sum of x * y in fixed lanes, which the compiler turns into vectors of any width. Both end in zeros.
double PartPass::dot(const Chunk& x, const Chunk& y) {
  std::array<double, kLanes> lanes{};
  for (size_t i = 0; i < kChunk; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += x[i + lane] * y[i + lane];
  }
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

bool PartPass::all_finite(const Chunk& x) {
  std::array<double, kLanes> lanes{};
  for (size_t i = 0; i < kChunk; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += x[i + lane] * 0;  // NaN where x is no number
  }
  return std::all_of(lanes.begin(), lanes.end(), [](double lane) { return lane == 0; });
}

}  // namespace evergreen
