"""Reads a page with html5lib, a parser of the standard, and tells what a validator minds.

The parser tells what the standard calls a parse error. Of the content models, which are no matter
of parsing, those of the elements that we use are held here. `make html` asks the Nu validator too.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import html5lib

SVG = {"svg", "title", "desc", "g", "path", "line", "polyline", "polygon", "rect", "text"}
PHRASING = {"a", "span", "small", "strong", "code", "br", "label", "input", "textarea", "button",
            "time", "svg"}  # fmt: skip
FLOW = PHRASING | {
    "header", "main", "footer", "div", "section", "article", "h1", "h2", "h3", "h4", "p", "pre",
    "ol", "ul", "dl", "table", "figure", "details", "form",
}  # fmt: skip
# What may stand directly in what; nothing else is written by us.
CHILDREN = {
    "": {"html"},
    "html": {"head", "body"},
    "head": {"meta", "title", "style"},
    "ul": {"li"}, "ol": {"li"}, "dl": {"dt", "dd", "div"},
    "table": {"caption", "thead", "tbody"}, "thead": {"tr"}, "tbody": {"tr"}, "tr": {"th", "td"},
    "details": FLOW | {"summary"}, "figure": FLOW | {"figcaption"},
    "div": FLOW | {"dt", "dd"},  # a group of a dl
    **dict.fromkeys(["body", "header", "main", "footer", "section", "article", "li", "dd", "th",
                     "td", "caption", "figcaption", "form"], FLOW),
    **dict.fromkeys(["h1", "h2", "h3", "h4", "p", "pre", "span", "small", "strong", "code", "a",
                     "label", "button", "time", "dt"], PHRASING),
    "summary": PHRASING | {"h2", "h3", "h4"},
}  # fmt: skip
INTERACTIVE = {"a", "button", "input", "textarea", "label", "summary", "details"}
FOREIGN = {"src", "srcset", "srcdoc", "formaction"}
SCHEMES = ("https://", "#", "/", "?")


class Page:
    """The elements of a page, in order, with the faults found on the way.

    `is_mail`: mailboxes drop style sheets, so that a mail carries its style in its elements.
    """

    def __init__(self, html: str, is_mail: bool = False) -> None:
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        root = parser.parse(html)
        self.faults = [f"{code} at {place}" for place, code, _ in parser.errors]
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._forbidden = FOREIGN if is_mail else FOREIGN | {"style"}
        self.words = list(_words(root))
        self._walk(root, ())
        self._check_references()
        self._check_headings()

    @property
    def text(self) -> str:
        """All text but the style sheet's, in one line."""
        return " ".join(" ".join(self.words).replace("\N{NO-BREAK SPACE}", " ").split())

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of one kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def _walk(self, element: Any, above: tuple[str, ...]) -> None:
        tag, attributes = _name(element), dict(element.attrib)
        self.elements.append((tag, attributes))
        self._check_place(tag, above)
        for name in attributes:
            if name.startswith("on") or name in self._forbidden:
                self.faults.append(f"<{tag} {name}>")
        href = attributes.get("href")
        if href and not href.startswith(SCHEMES):
            self.faults.append(f"link to {href}")
        for child in element:
            if isinstance(child.tag, str):
                self._walk(child, (*above, tag))

    def _check_place(self, tag: str, above: tuple[str, ...]) -> None:
        parent = above[-1] if above else ""
        allowed = SVG if "svg" in above else CHILDREN.get(parent, set())
        if tag not in allowed:
            self.faults.append(f"<{tag}> in <{parent}>")
        if tag in INTERACTIVE and {"a", "button", "summary"} & set(above):
            self.faults.append(f"<{tag}> in another control")

    def _check_references(self) -> None:
        ids = [a["id"] for _, a in self.elements if "id" in a]
        self.faults += [f"id {one} twice" for one in set(ids) if ids.count(one) > 1]
        for tag, attributes in self.elements:
            for name in ("aria-labelledby", "aria-describedby", "for"):
                for target in attributes.get(name, "").split():
                    if target not in ids:
                        self.faults.append(f"<{tag} {name}={target}> points nowhere")
        labelled = {a.get("for") for a in self.all("label")}
        for tag in ("input", "textarea"):
            for field in self.all(tag):
                if field.get("type") != "hidden" and field.get("id") not in labelled:
                    self.faults.append(f"<{tag}> has no label")

    def _check_headings(self) -> None:
        levels = [int(tag[1]) for tag, _ in self.elements if tag in {"h1", "h2", "h3", "h4"}]
        if levels.count(1) != 1:
            self.faults.append(f"{levels.count(1)} main headings")
        for before, after in pairwise(levels):
            if after > before + 1:
                self.faults.append(f"heading {before} is followed by heading {after}")


def _name(element: Any) -> str:
    """The name without the namespace, which only drawings have."""
    return str(element.tag).rpartition("}")[2]


def _words(element: Any) -> Iterator[str]:
    """What is read, in order."""
    if isinstance(element.tag, str) and _name(element) != "style":
        yield element.text or ""
        for child in element:
            yield from _words(child)
            yield child.tail or ""
