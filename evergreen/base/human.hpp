// Numbers as people read them. Units count in thousands.
#pragma once

#include <string>

namespace evergreen {

std::string human_bytes(double bytes);      // "999 B", "1.23 GB"
std::string human_count(double count);      // "9999", "12.3 k", "1236 M"
std::string human_seconds(double seconds);  // "3.4 s", "1 h 2 min"
std::string human_number(double number);    // "0.0123", "-1.5e-06": three digits

}  // namespace evergreen
