"""Reads a page as a browser's parser would and tells what a validator and a screen reader mind."""

from html.parser import HTMLParser
from itertools import pairwise

VOID = {"br", "hr", "input", "link", "meta", "img"}
SVG = {"svg", "title", "desc", "g", "path", "line", "polyline", "polygon", "rect", "text"}
HTML = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "main", "footer", "div",
    "span", "section", "article", "h1", "h2", "h3", "h4", "p", "small", "strong", "code", "pre",
    "br", "ol", "ul", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th",
    "td", "figure", "figcaption", "details", "summary", "form", "label", "input", "textarea",
    "button", "time",
}  # fmt: skip


class Page(HTMLParser):
    """The elements of a page, in order, with the faults found on the way."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        if self._open:
            self.faults.append(f"never closed: {self._open}")
        self._check_references()
        self._check_headings()

    @property
    def text(self) -> str:
        """All text but the style sheet's, in one line."""
        return " ".join(" ".join(self.words).replace("\N{NO-BREAK SPACE}", " ").split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of one kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element; find what must not be on a page."""
        attributes = dict(attrs)
        if len(attributes) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag not in HTML | SVG:
            self.faults.append(f"<{tag}> is not one of ours")
        for name in attributes:
            if name.startswith("on") or name in {"style", "src", "srcset", "srcdoc", "formaction"}:
                self.faults.append(f"<{tag} {name}>")
        href = attributes.get("href")
        if href and not href.startswith(("https://", "#", "/", "?")):
            self.faults.append(f"link to {href}")
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be this one."""
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        if "style" not in self._open:
            self.words.append(data)

    def _check_references(self) -> None:
        ids = [a["id"] for _, a in self.elements if "id" in a]
        self.faults += [f"id {one} twice" for one in set(ids) if ids.count(one) > 1]
        for tag, attributes in self.elements:
            for name in ("aria-labelledby", "aria-describedby", "for"):
                for target in (attributes.get(name) or "").split():
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
