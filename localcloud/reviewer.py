"""Plays the person who reads a mail, opens its link and presses a button. Only the demo does this.

It has nothing that a person has not: the mail's text, the page that its link shows, and the form on
that page.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

_LINK = re.compile(r"https?://[^\s<>\"']+/approvals/[^\s<>\"']+")


class ReviewError(Exception):
    """The mail has no link, the page no such button, or the answer is a refusal."""


@dataclass
class Form:
    """A form of a page: where it goes, what it sends anyway, and its buttons."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """A page as far as a button needs it."""

    url: str
    title: str
    forms: list[Form]
    html: str = ""


def link_in(text: str) -> str | None:
    """Return the first link to an approval in a mail's text."""
    found = _LINK.search(text)
    return found[0].rstrip(").,") if found else None


def open_page(url: str) -> Page:
    """Open `url` as a browser without JavaScript would. Raises ReviewError for an error page."""
    reader = _Reader(url)
    html = _fetch(urllib.request.Request(url))
    reader.feed(html)
    return Page(url, " ".join(reader.title.split()), reader.forms, html)


def press(page: Page, name: str, value: str, typed: Mapping[str, str]) -> Page:
    """Press the button `name`=`value`, with `typed` in the form's fields; return the answer.

    Raises ReviewError when the page has no such button.
    """
    form = next((form for form in page.forms if (name, value) in form.buttons), None)
    if form is None:
        raise ReviewError(f"{page.url} has no button {name}={value}")
    known = {key: text for key, text in typed.items() if key in form.fields}
    body = urlencode({**form.fields, **known, name: value}).encode()
    address = urljoin(page.url, form.action) if form.action else page.url
    headers = {"content-type": "application/x-www-form-urlencoded"}
    reader = _Reader(address)
    reader.feed(_fetch(urllib.request.Request(address, body, headers, method="POST")))
    return Page(address, " ".join(reader.title.split()), reader.forms)


def _fetch(request: urllib.request.Request) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        said = " ".join(re.sub(r"<[^>]+>", " ", error.read().decode(errors="replace")).split())
        raise ReviewError(f"{request.full_url} answered {error.code}: {said[:300]}") from error


class _Reader(HTMLParser):
    """Reads a page's title and forms."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._in_title = False
        self._in_form = False
        self.title = ""
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "title":
            # The page's own; later ones belong to its drawings.
            self._in_title = not self.title
        elif tag == "form":
            self._in_form = True
            self.forms.append(Form(given.get("action") or ""))
        elif self._in_form and tag in ("input", "textarea", "select", "button"):
            self._add(tag, given)

    def _add(self, tag: str, given: Mapping[str, str | None]) -> None:
        form, name, value = self.forms[-1], given.get("name"), given.get("value") or ""
        if not name:
            return
        if tag == "button" or given.get("type") == "submit":
            if "disabled" not in given:
                form.buttons.append((name, value))
        else:
            form.fields[name] = value
            if "required" in given:
                form.required.add(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag == "form":
            self._in_form = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
