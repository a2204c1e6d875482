#pragma once

namespace evergreen {
inline constexpr const char* kVersion = "0.1.0";
}
