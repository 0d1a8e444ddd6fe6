// SPDX-License-Identifier: Apache-2.0
#include "eval/report/style.hpp"

namespace tacit::eval::report {

const char* const kStyle = R"css(
:root{--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5d6977;--rule:#e2e6eb;--accent:#2f6fb3;--tint:#e9f1f9;--bar:#bcd3ea;
--c0:#2f6fb3;--c1:#d9772b;--c2:#2f9e6e;--c3:#c2445a;--c4:#7a5bb5;--c5:#8c6a4f;--c6:#cf6fae;--c7:#6b7785;--c8:#a3a02c;--c9:#2aa4b8}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2029;--ink:#e6eaf0;--soft:#98a4b3;--rule:#2c3541;
--accent:#74aee8;--tint:#1f2d3d;--bar:#35536f;--c0:#74aee8;--c1:#f0a05f;--c2:#5cc797;--c3:#ec7b8d;--c4:#ab91e0;--c5:#bf9a7c;
--c6:#eb9fd0;--c7:#a3afbd;--c8:#d0cc5c;--c9:#5fcfe0}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:36px 20px 60px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem;letter-spacing:-.01em}
h2{font-size:1.18rem;margin:0 0 .25rem}
h3{font-size:.98rem;margin:0 0 .4rem}
p{margin:.3rem 0 .7rem}
.soft,figcaption,.note{color:var(--soft)}
.note{font-size:.88rem}
.verdict{border-left:4px solid var(--accent);background:var(--tint);padding:.7rem 1rem;border-radius:0 8px 8px 0;margin:1.1rem 0 1.4rem;font-size:1.04rem}
section{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:20px 22px;margin:0 0 18px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left;color:var(--soft);font-size:.84rem;padding:6px 10px;border-bottom:1px solid var(--rule)}
td{padding:8px 10px;border-bottom:1px solid var(--rule);vertical-align:middle}
tr:last-child td{border-bottom:0}
tr.base td{color:var(--soft)}
tr.first-base td{border-top:2px solid var(--rule)}
td.score{min-width:165px;white-space:nowrap}
.score b{color:var(--accent)}
.pm{color:var(--soft);font-size:.85em}
.bar{display:block;height:5px;border-radius:3px;background:var(--rule);margin-top:4px;overflow:hidden}
.bar i{display:block;height:100%;background:var(--bar);border-radius:3px}
.best .bar i{background:var(--accent)}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:22px}
.grid3{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,320px),1fr));gap:20px}
figure{margin:0;min-width:0}
figcaption{font-size:.85rem;margin:.35rem 0 0}
figure img{max-width:100%;height:auto;image-rendering:pixelated;border-radius:4px;border:1px solid var(--rule);background:#fff;display:block}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin:.2rem 0 .6rem;padding:0;list-style:none;font-size:.86rem;color:var(--soft)}
.legend li::before{content:"";display:inline-block;width:10px;height:10px;border-radius:50%;background:var(--k);margin-right:6px}
svg{display:block;width:100%;height:auto}
svg.map{border:1px solid var(--rule);border-radius:8px}
.line{fill:none;stroke:var(--k);stroke-width:1.8;stroke-linejoin:round}
.dot{fill:var(--k);fill-opacity:.8}
.grid{stroke:var(--rule);stroke-width:1}
.axis{stroke:var(--soft);stroke-width:1}
.tick{fill:var(--soft);font-size:11px}
.c0{--k:var(--c0)}.c1{--k:var(--c1)}.c2{--k:var(--c2)}.c3{--k:var(--c3)}.c4{--k:var(--c4)}.c5{--k:var(--c5)}.c6{--k:var(--c6)}.c7{--k:var(--c7)}.c8{--k:var(--c8)}.c9{--k:var(--c9)}.cnone{--k:var(--soft)}
details{border-top:1px solid var(--rule);padding:.55rem 0}
details:first-of-type{border-top:0}
summary{cursor:pointer;font-weight:600;font-size:.95rem}
pre{overflow-x:auto;background:var(--bg);border:1px solid var(--rule);border-radius:8px;padding:12px 14px;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:.6rem 0}
.near img{width:100%;max-width:640px}
.runs{display:flex;flex-wrap:wrap;gap:26px 44px}
.run{min-width:0}
.run>h3{font-size:1.02rem;border-bottom:2px solid var(--accent);padding-bottom:.2rem;margin-bottom:.7rem}
.pics{display:flex;flex-wrap:wrap;gap:18px 26px}
.pics h3{font-weight:500;color:var(--soft);font-size:.88rem}
.pics img{max-height:460px;width:auto}
.pics figcaption{max-width:260px}
.captions{font-size:.82rem;color:var(--soft);margin:.4rem 0 0;padding-left:1.4rem;max-width:260px}
footer{color:var(--soft);font-size:.85rem;text-align:center}
@media print{body{background:#fff}section{break-inside:avoid}}
)css";

} // namespace tacit::eval::report
