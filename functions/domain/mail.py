"""Mails that can be read without opening anything: one letter, written as plain text and as HTML.

A `Letter` is what is said; `write` makes the mail of it. Both forms say the same. A mail holds at
most one link of ours, and opening it changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.pages.markup import Safe, join, tag
from domain.plain import plain

_SUBJECT_MOST = 150
_SNS_SUBJECT_MOST = 99
_SNS_BYTES = 256 * 1024
_INK, _SOFT, _LINE, _ACCENT = "#14202b", "#4f5d6b", "#d6dde4", "#0a58a6"
_FACE = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"


@dataclass(frozen=True)
class Mail:
    """One mail. `headers` keep the mails about one question together in a mailbox."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def sns_subject(self) -> str:
        """The subject as SNS takes it: ASCII, one line, under 100 characters."""
        plain = self.subject.replace("–", "-").replace("…", "...")
        return plain.encode("ascii", "replace").decode("ascii")[:_SNS_SUBJECT_MOST]

    @property
    def sns_text(self) -> str:
        """The text as SNS takes it: 256 KB at most; what is too long was quoted from a log."""
        content = self.text.encode()
        if len(content) <= _SNS_BYTES:
            return self.text
        end = "\n…\n"
        return content[: _SNS_BYTES - len(end.encode())].decode(errors="ignore") + end


@dataclass(frozen=True)
class Letter:
    """What a mail says, from top to bottom; empty parts are left out.

    `figures` are (name, value, beside) rows, `steps` a numbered list, `quote` fixed-width lines,
    `button` a (label, address) pair, `notes` the small print.
    """

    headline: str
    lead: Sequence[str] = ()
    figures: Sequence[tuple[str, str, str]] = ()
    steps_title: str = ""
    steps: Sequence[str] = ()
    quote: Sequence[str] = ()
    button: tuple[str, str] | None = None
    notes: Sequence[str] = ()


def write(subject: str, letter: Letter, thread: str = "", follow_up: bool = False) -> Mail:
    """The mail of a letter. Mails of one `thread` are shown together; a follow-up says `Re:`."""
    line = " ".join("".join(c if c.isprintable() else " " for c in subject).split())
    headers = {"References": f"<{thread}@slipway>"} if thread else {}
    if thread and follow_up:
        headers["In-Reply-To"] = headers["References"]
    full = f"Re: {line}" if follow_up else line
    if len(full) > _SUBJECT_MOST:
        full = f"{full[: _SUBJECT_MOST - 1]}…"
    return Mail(full, _as_text(letter), _as_html(letter), headers)


def _as_text(letter: Letter) -> str:
    blocks = ["\n".join([letter.headline, "=" * min(72, len(letter.headline))]), *letter.lead]
    if letter.figures:
        blocks.append(_text_table(letter.figures))
    if letter.steps:
        lines = [f"{place}. {step}" for place, step in enumerate(letter.steps, 1)]
        blocks.append("\n".join([f"{letter.steps_title}:", *lines]))
    if letter.quote:
        blocks.append("\n".join(f"    {line}" for line in letter.quote))
    if letter.button:
        blocks.append(f"{letter.button[0]}:\n{letter.button[1]}")
    if letter.notes:
        blocks.append("\n".join(["–" * 24, *letter.notes]))
    return plain("\n\n".join(blocks)).replace("\N{NO-BREAK SPACE}", " ") + "\n"


def _text_table(figures: Sequence[tuple[str, str, str]]) -> str:
    names = max(len(name) for name, _, _ in figures)
    values = max(len(value) for _, value, _ in figures)
    rows = [f"  {n:<{names}}  {v:>{values}}  {b}".rstrip() for n, v, b in figures]
    return "\n".join(rows)


def _as_html(letter: Letter) -> str:
    parts = [tag("h1", letter.headline, style="font-size:22px;line-height:1.25;margin:0 0 12px")]
    parts += [tag("p", line, style="margin:0 0 12px") for line in letter.lead]
    if letter.figures:
        parts.append(_html_table(letter.figures))
    if letter.steps:
        items = [tag("li", step, style="margin:0 0 4px") for step in letter.steps]
        parts.append(tag("p", tag("strong", letter.steps_title), style="margin:0 0 4px"))
        parts.append(tag("ol", *items, style="margin:0 0 16px;padding-left:22px"))
    if letter.quote:
        style = f"margin:0 0 16px;padding:10px;border:1px solid {_LINE};white-space:pre-wrap"
        parts.append(tag("pre", "\n".join(letter.quote), style=f"{style};font-size:13px"))
    if letter.button:
        parts.append(_html_button(*letter.button))
    small = f"margin:0 0 6px;color:{_SOFT};font-size:13px"
    parts += [tag("p", note, style=small) for note in letter.notes]
    body = tag("div", *parts, style=f"max-width:560px;margin:0 auto;padding:20px 16px;{_FACE}")
    head = join(
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light"),
        tag("title", letter.headline),
    )
    shell = f"margin:0;background:#ffffff;color:{_INK};font-size:16px;line-height:1.5"
    page = tag("html", tag("head", head), tag("body", body, style=shell), lang="en")
    return f"<!doctype html>{page}"


def _html_table(figures: Sequence[tuple[str, str, str]]) -> Safe:
    cell = f"padding:6px 12px 6px 0;border-top:1px solid {_LINE};text-align:left;vertical-align:top"
    rows = [
        tag(
            "tr",
            tag("th", name, scope="row", style=f"{cell};font-weight:normal;color:{_SOFT}"),
            tag("td", tag("strong", value), style=cell),
            tag("td", beside, style=f"{cell};color:{_SOFT};overflow-wrap:anywhere"),
        )
        for name, value, beside in figures
    ]
    style = "border-collapse:collapse;width:100%;margin:0 0 16px;font-size:15px"
    return tag("table", tag("tbody", *rows), style=style)


def _html_button(label: str, address: str) -> Safe:
    style = (
        f"display:inline-block;padding:12px 20px;border-radius:8px;background:{_ACCENT};"
        "color:#ffffff;text-decoration:none;font-weight:bold"
    )
    if not address.startswith(("https://", "http://")):
        return tag("p", label)
    return tag("p", tag("a", label, href=address, style=style), style="margin:0 0 16px")
