#include "evergreen/checkpoint/safetensors.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

constexpr int kHeaderDepth = 3;  // the object, a tensor's object, its lists
constexpr uint64_t kDataAlignment = 64;

[[noreturn]] void throw_tensor(const std::string& name, const std::string& problem,
                               const std::string& where) {
  throw Error(ErrorKind::input, fmt::format("tensor '{}' {}", name, problem), where,
              "the file is damaged or not a safetensors file: fetch it again");
}

std::vector<uint64_t> whole_numbers(const Json& list, const std::string& name, const std::string& member,
                                    const std::string& where) {
  if (!list.is_array()) throw_tensor(name, fmt::format("has a '{}' that is not a list", member), where);
  std::vector<uint64_t> numbers;
  for (const Json& number : list) {
    if (!number.is_number_unsigned() || !std::in_range<int64_t>(number.get<uint64_t>())) {
      throw_tensor(
          name,
          fmt::format("has {} in '{}', where whole numbers from 0 to 2^63-1 belong", number.dump(), member),
          where);
    }
    numbers.push_back(number.get<uint64_t>());
  }
  return numbers;
}

Dtype parse_dtype(const Json& dtype, const std::string& name, const std::string& where) {
  if (!dtype.is_string()) throw_tensor(name, "has a 'dtype' that is not a string", where);
  const auto known = dtype_from_name(dtype.get_ref<const std::string&>());
  if (!known) throw_tensor(name, fmt::format("has the unknown dtype {}", dtype.dump()), where);
  return *known;
}

// The ranges are still counted from the end of the header here.
TensorInfo parse_tensor(const std::string& name, const Json& json, const std::string& where) {
  if (!json.is_object()) throw_tensor(name, "is not an object in the header", where);
  for (const auto& [member, value] : json.items()) {
    if (member != "dtype" && member != "shape" && member != "data_offsets") {
      throw_tensor(name, fmt::format("has the unknown member '{}'", member), where);
    }
  }
  for (const char* member : {"dtype", "shape", "data_offsets"}) {
    if (!json.contains(member)) throw_tensor(name, fmt::format("lacks '{}'", member), where);
  }
  TensorInfo tensor;
  tensor.name = name;
  tensor.dtype = parse_dtype(json["dtype"], name, where);
  for (const uint64_t extent : whole_numbers(json["shape"], name, "shape", where)) {
    tensor.shape.push_back(static_cast<int64_t>(extent));
  }
  const std::vector<uint64_t> offsets = whole_numbers(json["data_offsets"], name, "data_offsets", where);
  if (offsets.size() != 2)
    throw_tensor(name, fmt::format("has {} data_offsets, not 2", offsets.size()), where);
  tensor.begin = offsets[0];
  tensor.end = offsets[1];
  if (tensor.end < tensor.begin) {
    throw_tensor(name, fmt::format("ends at byte {}, before it begins at {}", tensor.end, tensor.begin),
                 where);
  }
  const uint64_t needed =
      tensor_bytes(tensor.dtype, tensor.shape, fmt::format("tensor '{}' of {}", name, where));
  if (needed != tensor.bytes()) {
    throw_tensor(name,
                 fmt::format("is {} of {}, which takes {} bytes, but its range has {}",
                             shape_text(tensor.shape), dtype_name(tensor.dtype), needed, tensor.bytes()),
                 where);
  }
  return tensor;
}

std::map<std::string, std::string> parse_metadata(const Json& json, const std::string& where) {
  if (!json.is_object()) throw Error(ErrorKind::input, "'__metadata__' is not an object", where);
  std::map<std::string, std::string> metadata;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) {
      throw Error(ErrorKind::input, fmt::format("'{}' in '__metadata__' is not a string", name), where);
    }
    metadata[name] = value.get<std::string>();
  }
  return metadata;
}

// Every byte of the file belongs to exactly one tensor.
void require_back_to_back(const std::vector<TensorInfo>& tensors, uint64_t data_bytes,
                          const std::string& where) {
  uint64_t end = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.begin < end) {
      throw_tensor(tensor.name,
                   fmt::format("begins at byte {} and overlaps the tensor before it, which ends at {}",
                               tensor.begin, end),
                   where);
    }
    if (tensor.begin > end) {
      throw_tensor(tensor.name,
                   fmt::format("begins at byte {} and leaves a hole after {}", tensor.begin, end), where);
    }
    end = tensor.end;
  }
  if (end != data_bytes) {
    throw Error(
        ErrorKind::input,
        fmt::format("the tensors take {} bytes, but the file holds {} after its header", end, data_bytes),
        where,
        end > data_bytes ? "the file is cut off: fetch it again" : "the file is damaged: fetch it again");
  }
}

}  // namespace

uint64_t TensorInfo::elements() const {
  uint64_t count = 1;
  for (const int64_t extent : shape) count *= static_cast<uint64_t>(extent);
  return count;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

uint64_t tensor_bytes(Dtype dtype, const std::vector<int64_t>& shape, const std::string& where) {
  uint64_t bits = static_cast<uint64_t>(dtype_bits(dtype)), elements = 1;
  bool fits = true;
  for (const int64_t extent : shape) {
    if (extent < 0)
      throw Error(ErrorKind::input, fmt::format("the shape {} is negative", shape_text(shape)), where);
    fits = fits && !__builtin_mul_overflow(elements, static_cast<uint64_t>(extent), &elements);
  }
  if (!fits || __builtin_mul_overflow(bits, elements, &bits)) {
    throw Error(ErrorKind::input, fmt::format("the shape {} is larger than any file", shape_text(shape)),
                where, "the file is damaged or not a safetensors file: fetch it again");
  }
  if (bits % 8 != 0) {
    throw Error(ErrorKind::input,
                fmt::format("{} of {} ends in the middle of a byte", shape_text(shape), dtype_name(dtype)),
                where);
  }
  return bits / 8;
}

SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t file_bytes,
                                           const std::string& where) {
  if (json.size() > kMaxSafetensorsHeaderBytes) {
    throw Error(ErrorKind::input,
                fmt::format("the header has {} bytes, at most {} are allowed", json.size(),
                            kMaxSafetensorsHeaderBytes),
                where, "this is not a safetensors file");
  }
  const size_t last = json.find_last_not_of(' ');
  // A zero byte is looked for because the parser would take it for the end of the text.
  if (json.empty() || json.front() != '{' || json[last] != '}' || json.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::input, "the header does not begin with '{' and end with '}' and spaces", where,
                "this is not a safetensors file");
  }
  if (file_bytes < 8 + json.size()) {
    throw Error(ErrorKind::input,
                fmt::format("the header ends at byte {}, but the file has {}", 8 + json.size(), file_bytes),
                where, "the file is cut off: fetch it again");
  }
  const Json parsed = parse_json(json, where, kHeaderDepth);
  SafetensorsHeader header;
  header.data_begin = 8 + json.size();
  for (const auto& [name, value] : parsed.items()) {
    if (name == "__metadata__") {
      header.metadata = parse_metadata(value, where);
    } else {
      header.tensors.push_back(parse_tensor(name, value, where));
    }
  }
  std::sort(header.tensors.begin(), header.tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  require_back_to_back(header.tensors, file_bytes - header.data_begin, where);
  for (TensorInfo& tensor : header.tensors) {
    tensor.begin += header.data_begin;
    tensor.end += header.data_begin;
  }
  return header;
}

std::string make_safetensors_header(std::vector<TensorInfo>& tensors,
                                    const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  if (!metadata.empty()) text += "\"__metadata__\":" + Json(metadata).dump() + ",";
  std::set<std::string> names = {"__metadata__"};
  uint64_t offset = 0;
  for (TensorInfo& tensor : tensors) {
    if (!names.insert(tensor.name).second) {
      throw Error(ErrorKind::input, fmt::format("the tensor name '{}' is taken", tensor.name),
                  "safetensors header");
    }
    tensor.begin = offset;
    offset += tensor_bytes(tensor.dtype, tensor.shape, fmt::format("tensor '{}'", tensor.name));
    tensor.end = offset;
    text +=
        fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}},)", Json(tensor.name).dump(),
                    dtype_name(tensor.dtype), fmt::join(tensor.shape, ","), tensor.begin, tensor.end);
  }
  if (text.back() == ',') text.pop_back();
  text += "}";
  text.resize((8 + text.size() + kDataAlignment - 1) / kDataAlignment * kDataAlignment - 8, ' ');
  for (TensorInfo& tensor : tensors) {
    tensor.begin += 8 + text.size();
    tensor.end += 8 + text.size();
  }
  std::string length(8, '\0');
  for (size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> 8 * i & 0xff);
  return length + text;
}

}  // namespace evergreen
