"""The one style sheet of the pages, inline in each, allowed by its digest in the CSP.

Phone first (360 px), light and dark by the system's choice. Colours are pairs that reach WCAG AA;
`tests/unit/domain/test_layout.py` computes each contrast.
"""

import hashlib
from base64 import b64encode

from domain.pages.palette import DARK, LIGHT

_BASE = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--bg);color:var(--ink);line-height:1.5;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
overflow-wrap:anywhere}
h1,h2,h3,p,ul,ol,dl,figure,table{margin:0}
h1{font-size:clamp(1.6rem,6.4vw,2.4rem);line-height:1.15;letter-spacing:-.022em;font-weight:750;
text-wrap:balance}
h2{font-size:1.125rem;letter-spacing:-.01em;line-height:1.3}
h3{font-size:.95rem}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:6px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.86em}
pre{margin:.5rem 0 0;padding:.6rem .75rem;background:var(--bg);border-radius:8px;
white-space:pre-wrap}
.skip{position:absolute;left:-999px;top:0;padding:.6rem 1rem;background:var(--card);z-index:2}
.skip:focus{left:.5rem;top:.5rem}
.top{display:flex;justify-content:space-between;align-items:center;gap:1rem;
max-width:70rem;margin:0 auto;padding:1rem}
.brand,.top p{white-space:nowrap}
.top p{overflow:hidden;text-overflow:ellipsis;min-width:0}
.brand{display:flex;align-items:center;gap:.5rem;font-weight:700;letter-spacing:-.01em}
.brand svg{width:1.6rem;height:1.6rem}
.page{max-width:70rem;margin:0 auto;padding:0 1rem 3rem;display:grid;gap:1rem;
grid-template-columns:minmax(0,1fr)}
.foot{max-width:70rem;margin:0 auto;padding:0 1rem 2rem}
.soft,.foot,.top p{color:var(--soft)}
.small,.foot,.top p{font-size:.875rem}
.num{font-variant-numeric:tabular-nums}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.1rem}
.stack{display:grid;gap:.75rem;grid-template-columns:minmax(0,1fr);align-content:start}
.pill{display:inline-block;padding:.1rem .6rem;border-radius:99px;font-size:.8125rem;
font-weight:650;background:var(--accent-bg);color:var(--accent);white-space:nowrap}
.pill.good,.note.good{background:var(--good-bg);color:var(--good)}
.pill.bad,.note.bad{background:var(--bad-bg);color:var(--bad)}
.pill.even,.note.even,.pill.wait{background:var(--even-bg);color:var(--even)}
.note{padding:.7rem .9rem;border-radius:10px;background:var(--accent-bg);color:var(--accent);
font-weight:600}
.note small{display:block;font-weight:400;font-size:.875rem}
.missing{color:var(--soft);font-style:italic}
"""

_PARTS = """
.hero{display:grid;gap:1rem}
.meta{display:flex;flex-wrap:wrap;gap:.4rem .6rem;align-items:center}
.rail{display:flex;list-style:none;padding:0;font-size:.6875rem;color:var(--soft);
overflow-wrap:normal}
.rail li{flex:1;position:relative;padding-top:1.25rem;text-align:center;min-width:0}
.rail li::before{content:"";position:absolute;top:.45rem;left:-50%;width:100%;height:2px;
background:var(--line)}
.rail li:first-child::before{display:none}
.rail li::after{content:"";position:absolute;top:.1rem;left:50%;width:.8rem;height:.8rem;
margin-left:-.4rem;border-radius:50%;background:var(--card);border:2px solid var(--line);
z-index:1}
.rail .done::after,.rail .done::before,.rail .here::before{background:var(--accent)}
.rail .done::after{border-color:var(--accent)}
.rail .here::after{border:4px solid var(--accent)}
.rail .here{color:var(--ink)}
.jump{font-weight:650;padding:.25rem 0}
.meta .jump{margin-left:auto}
.then{padding-left:1.3rem;display:grid;gap:.3rem}
.then li::marker{color:var(--accent);font-weight:700}
.tiles{display:grid;gap:.6rem;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr))}
.tiles>div{background:var(--card);border:1px solid var(--line);border-radius:12px;
padding:.7rem .85rem;display:flex;flex-direction:column}
.tiles.three{grid-template-columns:repeat(3,minmax(0,1fr));gap:.4rem}
.tiles.three dd{font-size:1.15rem}
.tiles dt{color:var(--soft);font-size:.8125rem}
.tiles dd{margin:0;font-size:1.5rem;font-weight:700;letter-spacing:-.02em;line-height:1.25}
.tiles .small{font-size:.8125rem;font-weight:400;letter-spacing:0;color:var(--soft)}
label{font-weight:650;display:block}
input,textarea{width:100%;font:inherit;color:inherit;background:var(--card);padding:.6rem .7rem;
border:1px solid var(--soft);border-radius:9px;margin-top:.3rem}
textarea{min-height:5rem;resize:vertical}
[aria-invalid]{border:2px solid var(--bad)}
button,.go{font:inherit;font-weight:700;width:100%;min-height:3rem;padding:.6rem 1rem;
border-radius:10px;cursor:pointer;border:2px solid var(--good);background:var(--good);
color:var(--on-good);text-align:center}
button.no{background:transparent;border-color:var(--bad);color:var(--bad)}
button.quiet{background:transparent;border-color:var(--soft);color:inherit}
.find{border-top:1px solid var(--line);padding-top:1rem;margin-top:1rem}
button:hover{filter:brightness(1.08)}
button[hidden]{display:none}
table{border-collapse:collapse;width:100%;font-size:.875rem;overflow-wrap:normal}
caption{text-align:left;color:var(--soft);font-size:.875rem;padding-bottom:.4rem}
th,td{padding:.5rem .3rem;text-align:right;border-top:1px solid var(--line);vertical-align:top}
th:first-child,td:first-child{text-align:left;padding-left:0}
th:last-child,td:last-child{padding-right:0}
thead th{border-top:0;color:var(--soft);font-size:.8125rem;font-weight:600}
tbody th{font-weight:600}
td small,th small{white-space:nowrap}
td:last-child small{white-space:normal}
.tiles dd{white-space:nowrap}
.tiles dd.small{white-space:normal}
td small,th small{display:block;color:var(--soft);font-size:.75rem;font-weight:400}
.left th,.left td{text-align:left}
.up{color:var(--good);font-weight:650}
.down{color:var(--bad);font-weight:650}
.facts{display:grid;gap:.1rem .9rem}
.facts dt{color:var(--soft);font-size:.8125rem;margin-top:.5rem}
.facts dd{margin:0}
.line{list-style:none;padding:0}
.line li{position:relative;padding:0 0 1rem 1.4rem}
.line li:last-child{padding-bottom:0}
.line li::before{content:"";position:absolute;left:.3rem;top:.9rem;bottom:-.4rem;width:2px;
background:var(--line)}
.line li:last-child::before{display:none}
.line li::after{content:"";position:absolute;left:0;top:.42rem;width:.7rem;height:.7rem;
border-radius:50%;background:var(--soft)}
.line .good::after{background:var(--good)}
.line .bad::after{background:var(--bad)}
.line .wait::after{background:var(--even)}
.checks{list-style:none;padding:0;display:grid;gap:.6rem}
.checks li{padding-top:.6rem;border-top:1px solid var(--line)}
.checks li:first-child{padding-top:0;border-top:0}
.checks li>div:first-child{display:flex;justify-content:space-between;gap:.6rem}
.checks .pill{align-self:start}
.big{font-size:1.35rem;font-weight:700;letter-spacing:-.02em;line-height:1.25}
.stages{display:grid;gap:.8rem;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr))}
.stage{border-left:4px solid var(--good);padding:.1rem 0 .1rem .9rem}
.stage.idle{border-color:var(--line)}
.stage h3,h4{margin:0;color:var(--soft);font-size:.8125rem;font-weight:600}
.versions>article{border-top:1px solid var(--line);padding:.9rem 0;display:grid;gap:.3rem}
.versions>article:first-child{border-top:0;padding-top:0}
.versions>article:last-child{padding-bottom:0}
.head{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.3rem .8rem}
.head h3{font-size:1.0625rem}
.story{display:grid;gap:1.2rem;padding:.4rem 0;grid-template-columns:minmax(0,1fr)}
.story>*{display:grid;gap:.5rem;align-content:start}
summary{cursor:pointer;font-weight:650;color:var(--accent);padding:.35rem 0}
details[open]>summary{margin-bottom:.4rem}
"""

_CHARTS = """
figure{display:grid;gap:.4rem}
figcaption{font-size:.875rem;color:var(--soft)}
.charts{display:grid;gap:1.2rem;grid-template-columns:minmax(0,1fr)}
svg.chart{display:block;width:100%;height:auto;max-width:30rem}
svg.dag{display:block;width:100%;height:auto;margin:0 auto}
.chart text,.dag text{font-size:12px;fill:var(--soft);font-family:inherit}
.chart .strong,.dag .strong{fill:var(--ink);font-weight:650}
.chart .big{font-size:22px;font-weight:700;fill:var(--ink)}
.grid{stroke:var(--grid);stroke-width:1}
.axis{stroke:var(--soft);stroke-width:1}
.curve{fill:none;stroke:var(--bar);stroke-width:2.5;stroke-linejoin:round}
.area{fill:var(--bar);fill-opacity:.14}
.ref{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:4 4;fill:none}
.barfill{fill:var(--bar)}
.cell-good{fill:var(--good-bg);stroke:var(--good)}
.cell-bad{fill:var(--bad-bg);stroke:var(--bad)}
.mark{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:2 3}
.edge{fill:none;stroke:var(--soft);stroke-width:1.5}
.node{fill:var(--card);stroke:var(--line);stroke-width:1.5}
.node.good{stroke:var(--good)}
.node.bad{stroke:var(--bad);fill:var(--bad-bg)}
.node.idle{stroke-dasharray:4 4}
.hull{fill:var(--accent)}
.ramp{stroke:var(--accent);stroke-width:2.5;stroke-linecap:round;fill:none}
"""

_WIDE = """
@media (min-width:40rem){
.card{padding:1.4rem 1.5rem}
.page,.top,.foot{padding-left:1.5rem;padding-right:1.5rem}
.rail{font-size:.875rem}
.rail .here{font-weight:700}
table{font-size:.9375rem}
.pair{grid-template-columns:repeat(2,minmax(0,1fr))}
.charts.two{grid-template-columns:repeat(2,minmax(0,1fr))}
.facts{grid-template-columns:minmax(8rem,auto) minmax(0,1fr)}
.facts dt,.facts dd{margin-top:.3rem}
button{max-width:24rem}
}
@media (min-width:48rem){
.story{grid-template-columns:minmax(0,1fr) minmax(0,22rem)}
}
@media (min-width:62rem){
.page.sided{grid-template-columns:minmax(0,1fr) 21rem;gap:1.25rem 1.75rem}
.jump{display:none}
.sided>.hero,.sided>.evidence{grid-column:1}
.sided>.decide{grid-column:2;grid-row:1/span 3;align-self:start;position:sticky;top:1rem}
}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{.decide form{display:none}body{background:none}}
"""


def _palette(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


def _sheet() -> str:
    light = f":root{{color-scheme:light dark;{_palette(LIGHT)}}}"
    dark = f"@media (prefers-color-scheme:dark){{:root{{{_palette(DARK)}}}}}"
    rules = light + dark + _BASE + _PARTS + _CHARTS + _WIDE
    return rules.replace("\n", "")


STYLE = _sheet()
"""The text between `<style>` and `</style>`; holds no `<` and no `&`."""

STYLE_HASH = "sha256-" + b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""The source expression that lets exactly this sheet in."""
