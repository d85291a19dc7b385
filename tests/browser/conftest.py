"""A real Chromium, driven by Playwright, and one deployed stack for it to look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcloud.cloud import REPOSITORY
from tests.support.desk import Desk
from tests.support.desk import desk as started

SHOTS = REPOSITORY / ".slipway" / "screenshots"
PHONE = {"width": 360, "height": 780}
DESKTOP = {"width": 1280, "height": 900}


# What sticks out of the padding of its card, or of the page; text that is cut sticks out too.
STICKS_OUT = """() => {
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  const out = wide ? ["the page"] : [];
  for (const card of document.querySelectorAll(".card")) {
    const padding = parseFloat(getComputedStyle(card).paddingRight);
    const edge = card.getBoundingClientRect().right - padding;
    for (const one of card.querySelectorAll("*"))
      if (!one.closest("svg, pre") && one.getBoundingClientRect().right > edge + 1)
        out.push(one.outerHTML.slice(0, 120));
  }
  return out;
}"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium of this machine; nothing is downloaded."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium is installed, and $CHROMIUM names none")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def desk(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The deployed stack with a version to review; not started without a browser."""
    with started(tmp_path_factory.mktemp("desk")) as made:
        yield made


@pytest.fixture
def tab(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a tab: `tab(PHONE, dark=True)`. A console error or a page's error fails the test."""
    contexts, problems = [], []

    def opened(size: dict[str, int] = DESKTOP, *, dark: bool = False, scripts: bool = False) -> Any:
        context = chromium.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            bypass_csp=False,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: problems.append(str(e)))
        page.set_default_timeout(20_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    # A status of 4xx is no fault of the page, though Chromium says so in the console.
    assert [p for p in problems if "Failed to load resource" not in p] == []


@pytest.fixture(scope="session")
def shoot() -> Callable[[Any, str], None]:
    """Keeps a picture of a whole page under .slipway/screenshots."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def taken(page: Any, name: str) -> None:
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    return taken
