// SPDX-License-Identifier: MIT
// How a report looks. Colours of lines are Okabe and Ito's, which colour-blind people tell apart;
// lines differ in their dashes besides.
#pragma once

#include <string_view>

namespace limn::inline v0::detail {

inline constexpr std::string_view report_style = R"css(
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d2026;--faint:#6a6e78;--rule:#e3e1db;
--grid:#eceae4;--accent:#0072b2;--good:#00795a;--bad:#b83a00;--warm:#fdf1e7;
--c0:#0072b2;--c1:#d55e00;--c2:#56b4e9;--c3:#e69f00;--c4:#009e73;--c5:#cc79a7;--c6:#7a6ff0;--c7:#555}
@media (prefers-color-scheme:dark){:root{--paper:#15171b;--card:#1d2025;--ink:#e8e6e1;--faint:#9a9ea8;
--rule:#32363d;--grid:#292d33;--accent:#56b4e9;--good:#3fcf9f;--bad:#ff8a4c;--warm:#33261d;
--c0:#3d9fe0;--c1:#ff7f2a;--c2:#9fd8fa;--c3:#f5c04a;--c4:#2fcf9f;--c5:#e59cc4;--c6:#a59cff;--c7:#bbb}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif}
main,header.top,footer{max-width:1240px;margin:0 auto;padding:0 20px}
header.top{padding-top:28px}
h1{font-size:26px;line-height:1.2;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:18px;margin:40px 0 4px;letter-spacing:-.005em}
h3{font-size:15px;font-weight:600;margin:22px 0 8px;color:var(--faint)}
p.lead{margin:4px 0 0;color:var(--faint);overflow-wrap:anywhere}
p.note{margin:0 0 12px;color:var(--faint);max-width:75ch}
.pill{display:inline-block;font-size:13px;font-weight:600;border-radius:99px;padding:2px 11px;margin-left:10px;
vertical-align:4px;background:var(--accent);color:var(--card);white-space:nowrap}
.pill.done{background:var(--good)}
progress{appearance:none;width:100%;height:6px;border:0;border-radius:6px;margin:16px 0 0;overflow:hidden;
background:var(--rule);display:block}
progress::-webkit-progress-bar{background:var(--rule)}
progress::-webkit-progress-value{background:var(--accent)}
progress::-moz-progress-bar{background:var(--accent)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:10px;margin:16px 0 0}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:10px 14px}
.tile b{display:block;font-size:19px;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.3}
.tile time{display:inline-block;font-size:16px}
.tile span{font-size:12.5px;color:var(--faint)}
.problem{background:var(--warm);border:1px solid var(--rule);border-left:4px solid var(--bad);border-radius:8px;
padding:10px 14px;margin:10px 0;overflow-wrap:anywhere}
.problem b{margin-right:8px}
.problem small,.quiet{color:var(--faint)}
#error{display:none;border:2px solid var(--bad);border-radius:8px;padding:10px 14px;margin:16px 0;color:var(--bad);
white-space:pre-wrap}
#error.on{display:block}
.bar{position:sticky;top:0;z-index:2;display:flex;flex-wrap:wrap;align-items:center;gap:6px 14px;padding:10px 0;
background:var(--paper);border-bottom:1px solid var(--rule);margin-bottom:14px}
html:not(.js) .bar,html:not(.js) .needs-js{display:none}
.bar label{display:flex;align-items:center;gap:7px;font-size:14px;white-space:nowrap}
button{font:inherit;font-size:14px;color:var(--ink);background:var(--card);border:1px solid var(--rule);
border-radius:8px;padding:4px 12px;min-height:32px;cursor:pointer}
button:hover{border-color:var(--faint)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
input[type=range]{accent-color:var(--accent);height:28px;margin:0}
input[type=checkbox]{accent-color:var(--accent);width:16px;height:16px;margin:0}
#slide{flex:1 1 160px;min-width:120px}
#slide-step{font-variant-numeric:tabular-nums;font-weight:600;min-width:13ch}
figure.sheets{margin:0;text-align:center}
.sheets img{display:none;max-width:100%;height:auto;border:1px solid var(--rule);border-radius:10px;margin:0 auto}
.sheets img.on{display:block}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,360px),1fr));gap:14px}
.charts.small{grid-template-columns:repeat(auto-fill,minmax(min(100%,200px),1fr));gap:10px}
.chart{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px 10px;margin:0;
min-width:0}
.chart figcaption{font-weight:600;font-size:14px;line-height:1.35;overflow-wrap:anywhere}
.chart figcaption small{display:block;font-weight:400;color:var(--faint);font-size:12.5px}
.small .chart{padding:8px 10px 6px}
.small .chart figcaption{font-size:12px;font-weight:500}
.chart svg{display:block;width:100%;margin-top:6px;touch-action:pan-y;overflow:visible}
.chart text{paint-order:stroke;stroke:var(--card);stroke-width:3px;fill:var(--faint);font-size:11px;font-variant-numeric:tabular-nums}
.grid{stroke:var(--grid)}
.level{stroke:var(--faint);stroke-dasharray:2 4}
.cursor{stroke:var(--faint);visibility:hidden}
.resume{stroke:var(--faint);stroke-width:1;opacity:.35}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.small .line{stroke-width:1.6}
.raw{fill:none;stroke-width:1;opacity:.28}
.band{stroke:none;opacity:.2}
.s0{stroke:var(--c0)}.s1{stroke:var(--c1)}.s2{stroke:var(--c2)}.s3{stroke:var(--c3)}
.s4{stroke:var(--c4)}.s5{stroke:var(--c5)}.s6{stroke:var(--c6)}.s7{stroke:var(--c7)}
.f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}
.f4{fill:var(--c4)}.f5{fill:var(--c5)}.f6{fill:var(--c6)}.f7{fill:var(--c7)}
.legend{display:flex;flex-wrap:wrap;gap:1px 4px;margin:6px -6px 0}
.legend button{display:flex;align-items:center;gap:6px;border:0;background:none;padding:1px 6px;min-height:26px;
font-size:12.5px}
.legend button[aria-pressed=false]{opacity:.4}
.legend svg{width:22px;height:8px;margin:0;flex:none}
.legend b{font-weight:600;font-variant-numeric:tabular-nums;min-width:6ch;text-align:left}
.scroll{overflow-x:auto}
.charts+.scroll,.charts+.note{margin-top:14px}
table{border-collapse:collapse;font-size:14px;min-width:min(100%,320px)}
th,td{text-align:left;vertical-align:top;padding:4px 18px 4px 0;border-bottom:1px solid var(--rule)}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.long{overflow-wrap:anywhere;white-space:normal}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:0 48px}
details{margin:14px 0}
summary{cursor:pointer;font-weight:600}
ul.messages{padding-left:18px;margin:8px 0}
ul.messages li{margin:3px 0;overflow-wrap:anywhere}
footer{color:var(--faint);font-size:13px;padding-top:32px;padding-bottom:40px}
@media (max-width:520px){main,header.top,footer{padding-left:14px;padding-right:14px}h1{font-size:21px}
.tiles{grid-template-columns:repeat(2,1fr)}#slide{order:9;flex-basis:100%}.charts.small{grid-template-columns:1fr 1fr}}
@media print{.bar{display:none}.chart,.tile{break-inside:avoid}}
)css";

}  // namespace limn::inline v0::detail
