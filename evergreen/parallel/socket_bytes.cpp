#include "evergreen/parallel/socket_bytes.hpp"

#include <cstddef>
#include <cstdlib>
#include <filesystem>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace evergreen {

uint64_t tcp_bytes_sent() {
  uint64_t sent = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    tcp_info info{};
    socklen_t length = sizeof(info);
    const int fd = std::atoi(entry.path().filename().c_str());
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) continue;  // not a TCP socket
    if (length < offsetof(tcp_info, tcpi_bytes_retrans) + sizeof(info.tcpi_bytes_retrans)) continue;
    // What waits in the socket's buffer has been handed over too: a send is done for its caller before it is on its way.
    sent += info.tcpi_bytes_sent - info.tcpi_bytes_retrans + info.tcpi_notsent_bytes;
  }
  return sent;
}

}  // namespace evergreen
