#include "cli/engine/model_place.hpp"

#include "cli/engine/ranks.hpp"
#include "evergreen/base/error.hpp"

namespace evergreen::cli {

ModelPlace place_of(const ModelArgs& args, const ProcessGroups* groups) {
  const bool int8 = args.weights == "int8";
  if (int8 && (args.device != "cpu" || args.dtype == "bfloat16")) {
    throw Error(ErrorKind::usage, "int8 weights are computed with in float32 on a CPU", "--weights int8",
                "leave out --device and --dtype, or --weights int8");
  }
  std::vector<at::Device> devices = devices_of(args.device, groups);
  ModelPlace place = usual_place(devices.front());
  place.devices = std::move(devices);
  if (args.dtype != "auto") place.type = args.dtype == "float32" ? at::kFloat : at::kBFloat16;
  return place;
}

}  // namespace evergreen::cli
