#include "evergreen/adapter/factor_spool.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace evergreen {

FactorSpool::FactorSpool(const fs::path& out) {
  fs::path path = out.lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "r/"
  path += fmt::format(".factors-{}", ::getpid());
  file_ = File(path, File::Mode::create);
  std::error_code failed;
  fs::remove(path, failed);  // the descriptor keeps it
}

FactorSpool::Place FactorSpool::put(std::span<const std::byte> bytes) {
  Place place = {0, bytes.size()};
  {
    const std::lock_guard lock(mutex_);
    place.offset = end_;
    end_ += bytes.size();
  }
  file_.write_at(place.offset, bytes);
  return place;
}

std::vector<std::byte> FactorSpool::get(const Place& place) const {
  std::vector<std::byte> bytes(place.bytes);
  file_.read_at(place.offset, bytes);
  return bytes;
}

}  // namespace evergreen
