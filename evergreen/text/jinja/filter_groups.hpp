// The filters by what they work on; find_filter() looks in all of them.
#pragma once

#include <map>
#include <string>

#include "evergreen/text/jinja/builtins.hpp"

namespace evergreen::jinja {

using FilterTable = std::map<std::string, FilterFn, std::less<>>;

FilterTable text_filters();   // upper, trim, replace, indent ...
FilterTable list_filters();   // map, select, sort, join ...
FilterTable value_filters();  // default, int, tojson, length ...

}  // namespace evergreen::jinja
