#include "evergreen/pipeline/stages.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

void require_same_settings(const fs::path& directory, const std::map<std::string, std::string>& settings) {
  const fs::path file = directory / "settings.json";
  const Json before = read_json(file);
  for (const auto& [name, value] : settings) {
    const std::string old = json_get_or<std::string>(before, name, "(not set)", file.string());
    if (old == value) continue;
    throw Error(ErrorKind::input,
                fmt::format("the unfinished work was started with {} = {}, now it is {}", name, old, value),
                directory.string(),
                "go on with the same settings and inputs, or delete that directory to start anew");
  }
}

}  // namespace

WorkDirectory::WorkDirectory(fs::path directory, const std::map<std::string, std::string>& settings)
    : directory_(std::move(directory)), continued_(fs::exists(directory_ / "settings.json")) {
  if (continued_) {
    require_same_settings(directory_, settings);
    return;
  }
  fs::create_directories(directory_ / "stages");
  replace_file(directory_ / "settings.json", to_text(OrderedJson(settings)));
}

bool WorkDirectory::is_finished(const std::string& name, std::string_view key) const {
  const fs::path file = directory_ / "stages" / (name + ".json");
  if (!fs::exists(file)) return false;
  return json_get<std::string>(read_json(file), "key", file.string()) == to_string(hash_text(key));
}

std::map<std::string, double> WorkDirectory::seconds() const {
  std::map<std::string, double> all;
  for (const auto& entry : fs::directory_iterator(directory_ / "stages")) {
    if (entry.path().extension() != ".json") continue;
    all[entry.path().stem().string()] =
        json_get_or<double>(read_json(entry.path()), "seconds", 0, entry.path().string());
  }
  return all;
}

std::string WorkDirectory::stage(const std::string& name, std::string_view key,
                                 const std::function<std::string()>& body) {
  const fs::path file = directory_ / "stages" / (name + ".json");
  if (is_finished(name, key)) return OrderedJson::parse(read_text(file)).at("result").dump();
  const auto start = std::chrono::steady_clock::now();
  OrderedJson done;
  done["key"] = to_string(hash_text(key));
  done["result"] = OrderedJson::parse(body());
  done["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  replace_file(file, to_text(done));
  return done["result"].dump();
}

}  // namespace evergreen
