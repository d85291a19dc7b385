"""The document around every page, and the headers that go with it.

No script, no image, no font, no address outside: a page is one answer, and all that it may do is to
send its own form back to where it came from.
"""

from domain.pages.markup import Child, Safe, join, tag
from domain.pages.style import STYLE, STYLE_HASH

CONTENT_TYPE = "text/html; charset=utf-8"


def security_headers() -> dict[str, str]:
    """The headers of every page, in lower case as HTTP API wants them."""
    policy = (
        "default-src 'none'",
        f"style-src '{STYLE_HASH}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "content-type": CONTENT_TYPE,
        "content-security-policy": "; ".join(policy),
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-robots-tag": "noindex, nofollow",
        "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=31536000",
        "cross-origin-opener-policy": "same-origin",
    }


def document(title: str, main: Safe, *, project: str = "", aside: Child = None) -> str:
    """A whole HTML5 document; `main` is the content of `<main>`, `aside` stands in the header."""
    head = join(
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex, nofollow"),
        tag("title", " · ".join(part for part in (title, project, "Slipway") if part)),
        tag("style", Safe(STYLE)),
    )
    body = join(
        tag("a", "Skip to the content", class_="skip", href="#main"),
        tag("header", _brand(project), aside, class_="top"),
        main,
        tag("footer", "Slipway · opening this page changes nothing", class_="foot"),
    )
    return "<!doctype html>" + tag("html", tag("head", head), tag("body", body), lang="en")


def main_area(*children: Child, sided: bool = False) -> Safe:
    """The `<main>` element; `sided` puts the part `.decide` into a column of its own when wide."""
    return tag("main", *children, id="main", class_="page sided" if sided else "page")


def section(heading: str, *children: Child, name: str) -> Safe:
    """A card with a heading; `name` is its anchor."""
    title = tag("h2", heading, id=name)
    return tag("section", title, *children, class_="card stack", aria_labelledby=name)


def pill(label: str, tone: str = "") -> Safe:
    """A short state in a coloured capsule; the words carry the meaning, not the colour."""
    return tag("span", label, class_=f"pill {tone}".strip())


def note(line: str, tone: str = "", detail: str = "", role: str | None = None) -> Safe:
    """One sentence that stands out."""
    small = tag("small", detail) if detail else None
    return tag("p", line, small, class_=f"note {tone}".strip(), role=role)


def missing(what: str) -> Safe:
    """The place of something that is not there, said openly."""
    return tag("p", what, class_="missing")


def _brand(project: str) -> Safe:
    mark = tag(
        "svg",
        tag("path", d="M7 9h19l-4 8H11z", class_="hull", transform="rotate(14 16 14)"),
        tag("path", d="M3 20l26 7", class_="ramp"),
        viewBox="0 0 32 32",
        aria_hidden="true",
        focusable="false",
    )
    name = f"Slipway · {project}" if project else "Slipway"
    return tag("div", mark, tag("span", name), class_="brand")
