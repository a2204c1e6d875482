#include "evergreen/report/page_style.hpp"

#include <fmt/format.h>

#include "evergreen/report/chart.hpp"
#include "evergreen/report/colour_scale.hpp"

namespace evergreen {
namespace {

// A class for each level: --f fills, --t is for text on it.
std::string level_rules(Ground ground) {
  std::string css;
  const auto rule = [&](char letter, int level, Rgb colour) {
    css += fmt::format(".{}{}{{--f:{};--t:{}}}", letter, level, to_hex(colour),
                       wants_dark_text(colour) ? "#16181d" : "#fff");
  };
  for (int i = 0; i < kSequentialLevels; ++i) {
    rule('s', i, colour_at(ColourScale::sequential, ground, i / (kSequentialLevels - 1.0)));
  }
  for (int i = 0; i < kDivergingLevels; ++i) {
    rule('d', i, colour_at(ColourScale::diverging, ground, 2 * i / (kDivergingLevels - 1.0) - 1));
  }
  return css;
}

constexpr const char* kLight =
    "--page:#f7f7f4;--panel:#fff;--line:#e2e2dc;--text:#1b1e24;--soft:#5c6370;--mark:#c2410c;--link:#1d5fa8;-"
    "-good:#0b6e4f;--bad:#a8321a";
constexpr const char* kDark =
    "--page:#111418;--panel:#191d23;--line:#2c323b;--text:#e8eaee;--soft:#9aa3b0;--mark:#ffb454;--link:#"
    "7cc0ff;--good:#4cc38a;--bad:#ff9077";

constexpr const char* kRules = R"css(
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:1160px;margin:0 auto;padding:0 16px}
header{padding-top:28px}
h1{font-size:26px;line-height:1.25;margin:0;letter-spacing:-.01em}
header p{margin:4px 0 0;color:var(--soft)}
h2{font-size:18px;margin:0 0 8px}
section{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:18px;margin:16px 0}
p,ul{margin:0 0 10px;max-width:80ch}
ul{padding-left:20px}
.small,footer{font-size:13px;color:var(--soft)}
footer{padding-bottom:24px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,150px),1fr));gap:12px;margin:16px 0}
.figures div{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:12px 14px;display:flex;flex-direction:column}
.figures dt{color:var(--soft);font-size:13px}
.figures dd{margin:0}
.figures .value{order:-1;font-size:24px;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
.figures .note{font-size:13px;color:var(--soft)}
.beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:24px;align-items:start}
figure{margin:0;min-width:0}
figcaption{font-size:13px;color:var(--soft)}
figcaption strong{display:block;font-size:15px;color:var(--text)}
.readout{min-height:21px;margin:4px 0 0;font-size:13px;font-variant-numeric:tabular-nums}
svg{display:block;overflow:visible;width:100%;height:auto;touch-action:manipulation}
svg text{font-size:11px;fill:var(--soft)}
svg .row{text-anchor:end;font-variant-numeric:tabular-nums}
svg .bar{text-anchor:middle;fill:var(--t);pointer-events:none}
svg rect{fill:var(--f)}
svg .none{--f:none;--t:var(--soft)}
svg rect.none{stroke:var(--line);stroke-width:1;pointer-events:all}
svg rect.on{stroke:var(--mark);stroke-width:2}
.remarks{list-style:none;padding:0;max-width:none}
.remarks li{border-left:4px solid var(--soft);padding:2px 0 2px 10px;margin:0 0 8px;display:grid;grid-template-columns:minmax(110px,150px) 1fr;gap:0 12px;break-inside:avoid}
.remarks li.good{border-color:var(--good)}
.remarks li.bad{border-color:var(--bad)}
.remarks b{font-weight:600}
.remarks .good b{color:var(--good)}
.remarks .bad b{color:var(--bad)}
.remarks strong{font-weight:600;grid-column:2}
.remarks span{grid-column:2;color:var(--soft)}
.quote{border:1px solid var(--line);border-radius:8px;padding:8px 12px;min-width:0}
.quote h3{font-size:13px;font-weight:400;color:var(--soft);margin:0 0 4px}
.quote p{margin:0;white-space:pre-wrap}
h2+.quote,.beside+.quote{margin-top:18px}
.quote+.beside{margin-top:8px;gap:8px}
details{margin-top:8px}
summary{cursor:pointer;color:var(--link);font-size:13px;padding:4px 0}
details+p,.scroll+p,.beside+p{margin-top:12px}
.scroll{overflow-x:auto;max-width:100%}
table{position:relative;border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;width:100%}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{text-align:right;padding:3px 10px 3px 0;border-bottom:1px solid var(--line);white-space:nowrap;font-weight:400}
thead th{color:var(--soft);vertical-align:bottom;white-space:normal}
tbody th,.words{text-align:left;white-space:normal}
th,td{overflow-wrap:normal}
tbody tr:hover{background:var(--page)}
summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media (max-width:480px){.remarks li{grid-template-columns:1fr}.remarks strong,.remarks span{grid-column:1}tbody th{white-space:normal;min-width:130px}header{padding-top:18px}h1{font-size:21px}section{padding:12px;margin:12px 0}.figures{grid-template-columns:1fr 1fr;gap:8px}.figures .value{order:-1;font-size:19px}}
@media print{body{font-size:11px;background:#fff}section{border:0;padding:0}h2{break-after:avoid}figure,tr,.figures div{break-inside:avoid;border-color:#ccc}.scroll{overflow:visible}table{font-size:8.5px}th,td{white-space:normal;padding-right:6px}.readout,details:not([open]){display:none}svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}.beside{grid-template-columns:repeat(3,1fr)}}
)css";

constexpr const char* kScript = R"js(
for (const cell of document.querySelectorAll('figure.map rect[data-k]')) {
  const title = cell.querySelector('title');
  cell.dataset.t = title.textContent;
  title.remove();  // or the browser would show it a second time
}
const maps = [...document.querySelectorAll('figure.map')];
function show(event) {
  const cell = event.target.closest('rect[data-k]');
  if (!cell) return;
  const group = cell.closest('figure').dataset.group;
  for (const map of maps) {
    if (map.dataset.group !== group) continue;
    for (const old of map.querySelectorAll('.on')) old.classList.remove('on');
    const same = map.querySelector('[data-k="' + cell.dataset.k + '"]');
    if (!same) continue;
    same.classList.add('on');
    map.querySelector('.readout').textContent = same.dataset.t;
  }
}
const groups = new Set();
for (const map of maps) {
  if (!groups.has(map.dataset.group)) map.querySelector('.readout').textContent = 'Point at a cell or tap it.';
  groups.add(map.dataset.group);
  map.addEventListener('pointerover', show);
  map.addEventListener('click', show);
}
)js";

}  // namespace

std::string page_style() {
  return fmt::format(":root{{{}}}{}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}{}}}{}",
                     kLight, level_rules(Ground::light), kDark, level_rules(Ground::dark), kRules) +
         chart_style();
}

std::string page_script() { return kScript; }

}  // namespace evergreen
