"""The inbox as HTML: a list and a page for each message, without JavaScript, for any screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from localcloud.inbox.messages import Message

# A mail's own HTML is shown in a sandboxed frame, which inherits this policy: no script of it
# runs, nothing is loaded from elsewhere, its links open in the whole window.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --dim: #6b7280; --link: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --dim: #9ca3af; --link: #8ab4f8; } }
html { background: Canvas; color: CanvasText; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 48rem; padding: 1rem; }
a { color: var(--link); }
ol { list-style: none; margin: 0; padding: 0; }
li { border-top: 1px solid var(--line); }
li a { color: inherit; display: block; padding: .75rem 0; text-decoration: none; }
li a:hover strong, li a:focus strong { color: var(--link); text-decoration: underline; }
.dim { color: var(--dim); font-size: .875rem; overflow-wrap: anywhere; }
strong, span { display: block; }
pre { font: inherit; overflow-wrap: anywhere; white-space: pre-wrap; }
iframe { background: #fff; border: 1px solid var(--line); border-radius: 6px;
  box-sizing: border-box; height: 75vh; width: 100%; }
summary { cursor: pointer; padding: .5rem 0; }
"""


def list_page(messages: Sequence[Message], prefix: str) -> str:
    """Return the page that lists all messages; `prefix` is the inbox's own path."""
    items = "".join(
        f'<li><a href="{prefix}/{message.id}"><span class="dim">{_when(message)}'
        f" · to {escape(', '.join(message.to))}</span>"
        f"<strong>{escape(message.subject or '(no subject)')}</strong></a></li>"
        for message in messages
    )
    body = f"<ol>{items}</ol>" if items else "<p>Nothing was sent yet.</p>"
    return _page("Inbox", f"<h1>Inbox</h1>{body}")


def message_page(message: Message, prefix: str) -> str:
    """Return the page of one message: the HTML in a sandbox, or the text with its links."""
    head = (
        f'<p><a href="{prefix}">← Inbox</a></p><h1>{escape(message.subject)}</h1>'
        f'<p class="dim">{_when(message)}<br>from {escape(message.sender)}<br>'
        f"to {escape(', '.join(message.to))}</p>"
    )
    text = f"<pre>{_with_links(message.text)}</pre>"
    if not message.html:
        return _page(message.subject, head + text)
    frame = (
        '<iframe title="The message" sandbox="allow-top-navigation-by-user-activation allow-popups"'
        f' srcdoc="{escape(_with_target(message.html), quote=True)}"></iframe>'
    )
    plain = f"<details><summary>As plain text</summary>{text}</details>" if message.text else ""
    return _page(message.subject, head + frame + plain)


def missing_page(prefix: str) -> str:
    """Return the page for an id that no message has."""
    return _page(
        "Not found", f'<p>There is no such message.</p><p><a href="{prefix}">Inbox</a></p>'
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )


def _with_links(text: str) -> str:
    parts, end = [], 0
    for match in _LINK.finditer(text):
        address = escape(match.group(), quote=True)
        parts += [escape(text[end : match.start()]), f'<a href="{address}">{address}</a>']
        end = match.end()
    return "".join([*parts, escape(text[end:])])


def _with_target(html: str) -> str:
    base = '<base target="_top">'
    opened = re.search(r"<head[^>]*>", html, re.IGNORECASE)
    return html[: opened.end()] + base + html[opened.end() :] if opened else base + html


def _when(message: Message) -> str:
    moment = datetime.fromtimestamp(message.time, UTC)
    return f"<time>{moment:%Y-%m-%d %H:%M:%S} UTC</time>"
