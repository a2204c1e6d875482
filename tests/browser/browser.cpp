#include "tests/browser/browser.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"

namespace evergreen::test {
namespace {

// Before all else on the page: what goes wrong is counted, and nothing may be loaded.
constexpr const char* kHead = R"html(
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<script>
var look = {errors: 0, requests: 0};
addEventListener('error', () => look.errors++, true);
addEventListener('unhandledrejection', () => look.errors++);
addEventListener('securitypolicyviolation', () => look.requests++);
const consoleError = console.error;
console.error = (...words) => { look.errors++; consoleError(...words); };
</script>
)html";

// At the end: what is there. A frame is as narrow as it is told, a window of the browser's own is not.
constexpr const char* kEnd = R"html(
<script>
addEventListener('load', () => setTimeout(() => {
  look.width = innerWidth;
  look.content_width = document.documentElement.scrollWidth;
  look.requests += performance.getEntriesByType('resource').length;
  look.marks = {};
  let number = 0;
  for (const figure of document.querySelectorAll('figure')) {
    const title = ++number + ': ' + figure.querySelector('figcaption strong').textContent + ' | ' + figure.querySelector('figcaption').textContent;
    let marks = 0;
    for (const mark of figure.querySelectorAll('svg.chart path.mark, svg.chart rect.part, rect[data-k]')) {
      const box = mark.getBoundingClientRect();
      if (box.width > 0 && box.height > 0) marks++;
    }
    look.marks[title] = marks;
  }
  look.widest = '';
  let right = innerWidth + 0.5;
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest('.scroll') && !element.matches('.scroll')) continue;  // scrolls by itself
    if (element.closest('caption')) continue;
    const box = element.getBoundingClientRect();
    if (box.right > right) { right = box.right; look.widest = element.tagName + ' ' + element.getAttribute('class') + ': ' + element.textContent.slice(0, 40); }
  }
  parent.postMessage(JSON.stringify(look), '*');
}, 50));
</script>
)html";

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string text;
  char buffer[4096];
  for (size_t length = 0; (length = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    text.append(buffer, length);
  ::pclose(pipe);
  return text;
}

std::string with_eyes(std::string html) {
  html.insert(html.find("<head>") + 6, kHead);
  html.insert(html.rfind("</body>"), kEnd);
  return html;
}

std::string attribute(const std::string& text) {
  std::string escaped;
  for (const char c : text)
    escaped += c == '&' ? std::string("&amp;") : c == '"' ? std::string("&quot;") : std::string(1, c);
  return escaped;
}

}  // namespace

std::optional<fs::path> find_chromium() {
  for (const char* path : {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"}) {
    if (fs::exists(path)) return path;
  }
  return std::nullopt;
}

PageLook look_at(const fs::path& chromium, const std::string& html, int width, const fs::path& work) {
  const fs::path page = work / "frame.html";
  replace_file(
      page,
      fmt::format(
          "<!DOCTYPE html><meta charset=utf-8><body style=\"margin:0\"><pre id=look></pre>"
          "<script>addEventListener('message', m => document.getElementById('look').textContent = m.data)"
          "</script><iframe style=\"border:0;width:{}px;height:900px\" srcdoc=\"{}\"></iframe>",
          width, attribute(with_eyes(html))));
  const std::string dom = output_of(fmt::format(
      "'{}' --headless --no-sandbox --disable-gpu --user-data-dir='{}' --virtual-time-budget=5000 "
      "--timeout=60000 --dump-dom 'file://{}' 2>/dev/null",
      chromium.string(), (work / "profile").string(), page.string()));
  const size_t begin = dom.find("<pre id=\"look\">{"), end = dom.find("</pre>");
  if (begin == std::string::npos || end == std::string::npos)
    throw std::runtime_error("the page did not tell what is on it: " + dom.substr(0, 400));
  std::string text = dom.substr(begin + 15, end - begin - 15);
  for (const auto& [entity, character] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}) {
    for (size_t at = 0; (at = text.find(entity, at)) != std::string::npos; ++at)
      text.replace(at, std::string(entity).size(), character);
  }
  const Json look = parse_json(text, "the page");
  return {look.at("width"),  look.at("content_width"), look.at("marks"),
          look.at("errors"), look.at("requests"),      look.at("widest")};
}

void expect_sound_page(const fs::path& chromium, const std::string& html, size_t charts,
                       const fs::path& work) {
  for (const int width : {360, 1200}) {
    const PageLook look = look_at(chromium, html, width, work);
    EXPECT_EQ(look.width, width);
    EXPECT_LE(look.content_width, width) << "too wide: " << look.widest;
    EXPECT_EQ(look.widest, "");
    EXPECT_EQ(look.errors, 0);
    EXPECT_EQ(look.requests, 0);
    EXPECT_GE(look.marks.size(), charts);
    for (const auto& [chart, marks] : look.marks) EXPECT_GT(marks, 0) << chart;
  }
}

}  // namespace evergreen::test
