"""HTML and SVG from Python calls: every text is escaped unless it was made here.

`tag("p", "a < b", class_="note")` gives `<p class="note">a &lt; b</p>`. Nothing else in the pages
writes an angle bracket, so a text of a stranger cannot become markup.
"""

from collections.abc import Iterable
from html import escape

from domain.plain import plain

_VOID = frozenset({"br", "hr", "input", "link", "meta"})


class Safe(str):
    """Markup that was built by `tag`; anything else is text."""

    __slots__ = ()


Child = str | None | Iterable["Child"]
Attribute = str | int | float | bool | None


def text(value: str) -> Safe:
    """Text, escaped; control characters and direction overrides are left out."""
    return Safe(escape(plain(value), quote=True))


def join(*children: Child) -> Safe:
    """Children in a row: markup as it is, text escaped, lists flattened, None left out."""
    return Safe("".join(_pieces(children)))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Safe:
    """One element. `class_` is class, `_` is `-`; True is a bare attribute, None and False none."""
    head = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Safe(f"<{name}{head}>")
    return Safe(f"<{name}{head}>{join(*children)}</{name}>")


def link(label: Child, url: str, **attributes: Attribute) -> Safe:
    """A link to https (or to a place on this site); any other address is shown as text only."""
    local = url.startswith(("#", "?")) or (url.startswith("/") and not url.startswith("//"))
    if not local and not url.startswith("https://"):
        return join(label)
    return tag("a", label, href=url, rel=None if local else "noreferrer noopener", **attributes)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f' {name}="{text(shown)}"'


def _pieces(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Safe):
            yield child
        elif isinstance(child, str):
            yield text(child)
        else:
            yield from _pieces(child)
