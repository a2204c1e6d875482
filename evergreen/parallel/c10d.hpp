// torch's distributed headers, for the two sources that need them. Gloo: its headers alone (Debian libgloo-dev); the code lies in
// libtorch_cpu, of a newer Gloo, so that nothing of Gloo's own may be called: devices are made through c10d.
#pragma once

#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "evergreen/parallel/shared_store.hpp"

namespace evergreen {

struct SharedStore::Client {
  c10::intrusive_ptr<c10d::Store> tcp;  // without the prefix of the attempt
  c10::intrusive_ptr<c10d::Store> store;
  std::string prefix, where;
};

}  // namespace evergreen
