"""Run axe over every page in headless Chromium, phone and desktop, light and dark, and measure.

python tests/browser/audit.py AXE_JS [NAME…], where AXE_JS is axe-core's axe.min.js (the package
axe-playwright-python holds one). Exit code 1 when axe finds a violation or something sticks out.
Everything is served from 127.0.0.1 and nothing else is asked.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

from tests.support.sample_gallery import GALLERY, PAGES  # noqa: E402

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1400,2000",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--virtual-time-budget=20000", "--dump-dom",
)  # fmt: skip
# The page stands in a frame of the wanted width; axe is put into it from outside.
HARNESS = """<!doctype html><meta name="color-scheme" content="light dark">
<iframe id="page" src="/page/{name}" style="width:{width}px;height:6000px;border:0"></iframe>
<pre id="out"></pre><script>
page.onload = () => {{
  const inner = page.contentDocument, script = inner.createElement("script");
  script.src = "/axe.js";
  script.onload = async () => {{
    const edge = inner.documentElement.clientWidth + 1;
    const wide = [...inner.querySelectorAll("main *")]
      .filter(e => e.getBoundingClientRect().right > edge).map(e => e.outerHTML.slice(0, 90));
    const found = await page.contentWindow.axe.run(inner, {{resultTypes: ["violations"]}});
    const faults = found.violations.map(v => `${{v.impact}} ${{v.id}}: ${{v.nodes[0].html}}`);
    out.textContent = "RESULT" + JSON.stringify([...faults, ...wide.slice(0, 3)]) + "END";
  }};
  inner.head.append(script);
}};</script>"""


def main(axe: Path, names: list[str]) -> int:
    """Audit the chosen pages (all but the mail by default); returns an exit code."""
    browser = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    if browser is None:
        print("no Chromium found: install it, or name it in $CHROMIUM", file=sys.stderr)
        return 1
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(axe.read_bytes()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chosen = names or list(PAGES)
    bad = 0
    for name, width, dark in product(chosen, (360, 1280), (False, True)):
        url = f"http://127.0.0.1:{server.server_address[1]}/harness/{width}/{name}"
        faults = _faults(browser, url, dark)
        bad += bool(faults)
        print(name, width, "dark" if dark else "light", faults or "nothing found")
    server.shutdown()
    return int(bad > 0)


def _faults(browser: str, url: str, dark: bool) -> list[str]:
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, *QUIET, *scheme, f"--user-data-dir={profile}", url]
        seen = subprocess.run(command, capture_output=True, text=True, timeout=90).stdout
    found = re.search("RESULT(.*?)END</pre>", seen, re.DOTALL)
    if found is None:
        return ["axe gave no answer"]
    faults: list[str] = json.loads(html.unescape(found[1]))
    return faults


def _handler(axe: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            kind, _, rest = self.path.strip("/").partition("/")
            width, _, name = rest.partition("/")
            if kind == "harness":
                self._answer("text/html", HARNESS.format(name=name, width=width).encode())
            elif kind == "page" and rest in GALLERY:
                page = GALLERY[rest]().replace("<details>", "<details open>")
                self._answer("text/html; charset=utf-8", page.encode())
            elif kind == "axe.js":
                self._answer("text/javascript", axe)
            else:
                self.send_error(404)

        def _answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
