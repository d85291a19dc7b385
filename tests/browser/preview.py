"""Draw every page in headless Chromium: phone and desktop, light and dark.

python tests/browser/preview.py OUTPUT [NAME…] writes OUTPUT/<name>-<width>-<scheme>.png and .html.
Chromium is looked for on the PATH (or $CHROMIUM). Nothing is sent anywhere: pages are files.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

from tests.support.sample_gallery import GALLERY  # noqa: E402

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def main(output: Path, names: list[str]) -> int:
    """Write the chosen pages (all by default) and their pictures; returns an exit code."""
    browser = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    if browser is None:
        print("no Chromium found: install it, or name it in $CHROMIUM", file=sys.stderr)
        return 1
    output.mkdir(parents=True, exist_ok=True)
    unknown = sorted(set(names) - set(GALLERY))
    if unknown:
        print(f"no page {unknown[0]}; there are {', '.join(GALLERY)}", file=sys.stderr)
        return 1
    for name in names or GALLERY:
        page = _write(output, name, GALLERY[name])
        for width in (360, 1280):
            for scheme in ("light", "dark"):
                picture = output / f"{name}-{width}-{scheme}.png"
                height = 6200 if width == 360 else 3600
                _shoot(browser, page, picture, width, height, scheme)
                print(picture)
    return 0


def _write(output: Path, name: str, render: Callable[[], str]) -> Path:
    page = output / f"{name}.html"
    page.write_text(render(), encoding="utf-8")
    return page


def _shoot(browser: str, page: Path, picture: Path, width: int, height: int, scheme: str) -> None:
    # A window is at least 500 wide, so the phone's width is a frame inside a wider one.
    frame = page.with_name(f"{page.stem}-{width}.frame.html")
    frame.write_text(
        f'<!doctype html><meta name="color-scheme" content="light dark"><style>*{{margin:0}}'
        f"iframe{{border:0;width:{width}px;height:{height}px;display:block}}</style>"
        f'<iframe src="{page.name}"></iframe>',
        encoding="utf-8",
    )
    with tempfile.TemporaryDirectory() as profile:
        dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
        subprocess.run(
            [browser, *QUIET, *dark, f"--user-data-dir={profile}",
             f"--window-size={max(width, 500)},{height}", f"--screenshot={picture}",
             frame.as_uri()],
            check=True, capture_output=True, timeout=90,
        )  # fmt: skip
    frame.unlink()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
