"""Colours that everybody can read, and headers that leave a page nothing to do but its own form."""

import hashlib
import re
from base64 import b64encode

import pytest

from domain.pages.layout import document, security_headers
from domain.pages.markup import tag
from domain.pages.palette import DARK, LIGHT
from domain.pages.style import STYLE

PAIRS = [
    *((ink, ground) for ink in ("ink", "soft", "accent") for ground in ("bg", "card")),
    *((tone, f"{tone}-bg") for tone in ("accent", "good", "bad", "even")),
    *((ink, f"{tone}-bg") for ink in ("ink", "soft") for tone in ("good", "bad")),
    ("good", "card"),
    ("bad", "card"),
    ("on-good", "good"),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids="-on-".join)
def test_words_reach_the_contrast_of_wcag_aa(scheme: dict[str, str], pair: tuple[str, str]) -> None:
    assert contrast(scheme[pair[0]], scheme[pair[1]]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_bars_and_field_borders_reach_the_contrast_of_shapes(scheme: dict[str, str]) -> None:
    assert contrast(scheme["bar"], scheme["card"]) >= 3
    assert contrast(scheme["soft"], scheme["card"]) >= 3


def test_the_policy_lets_in_exactly_the_style_sheet_of_the_page() -> None:
    page = document("Title", tag("main", tag("h1", "Title"), id="main"))
    found = re.search("<style>(.*?)</style>", page, re.DOTALL)
    assert found
    digest = b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    policy = security_headers()["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_the_headers_leave_a_page_nothing_but_its_own_form() -> None:
    headers = security_headers()
    rules = set(headers["content-security-policy"].split("; "))
    assert {
        "default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    } <= rules  # fmt: skip
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"].startswith("noindex")
    assert headers["x-content-type-options"] == "nosniff"


def test_the_style_sheet_uses_only_colours_that_exist_in_both_schemes() -> None:
    assert set(LIGHT) == set(DARK)
    assert set(re.findall(r"var\(--([a-z-]+)\)", STYLE)) <= set(LIGHT)
    assert not re.search(r"url\(|@import|<|&", STYLE)
    rules = STYLE.split("}}", 1)[1]
    assert not re.findall(r"#[0-9a-f]{3,8}\b", rules.split("}}", 1)[1])
