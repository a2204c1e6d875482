// What the kernel says this process has sent over TCP: a check of the bytes that are counted, not a replacement.
#pragma once

#include <cstdint>

namespace evergreen {

// Bytes handed to the TCP connections that are open now, each once, whether on their way or still in a socket's buffer (TCP_INFO,
// Linux 4.19 and later). Everything counts: headers of Gloo's messages, words to the store.
uint64_t tcp_bytes_sent();

}  // namespace evergreen
