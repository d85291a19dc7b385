"""A message as Slack would show it, with buttons that can be pressed as one of the members."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from localcloud.slack.workspace import MEMBERS, Posted

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
html { background: Canvas; color: CanvasText; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 40rem; padding: 1rem; }
.fields { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); }
.fields p, .dialog p { margin: 0; }
.dialog { border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0; padding: 1rem; }
button, .link { border: 1px solid var(--line); border-radius: 6px; display: inline-block;
  font: inherit; margin: .25rem .5rem .25rem 0; padding: .4rem .8rem; }
.primary { background: #007a5a; color: #fff; } .danger { background: #c01343; color: #fff; }
textarea { box-sizing: border-box; font: inherit; width: 100%; }
"""


def message(
    posted: Posted, address: str, user: str, dialog: Mapping[str, Any] | None, said: str
) -> str:
    """The page of one message; `dialog` is open for `user`, `said` is what Slack tells them."""
    options = "".join(
        f'<option value="{one}"{" selected" if one == user else ""}>'
        f"{escape(str(member['real_name']))}</option>"
        for one, member in MEMBERS.items()
    )
    chosen = f'<p><label>You are <select name="user">{options}</select></label></p>'
    blocks = "".join(_block(block) for block in posted.body["blocks"])
    edited = "<p><small>(edited)</small></p>" if posted.edited else ""
    alert = f'<p role="alert"><strong>{escape(said)}</strong></p>' if said else ""
    opened = _dialog(dialog, address, user) if dialog else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Slack</title><style>{_STYLE}</style></head><body><main>"
        f'<p><a href="/_slipway/inbox">← Inbox</a></p>{alert}{opened}'
        f'<form method="post" action="{escape(address)}">{chosen}{blocks}{edited}</form>'
        "</main></body></html>"
    )


def plain(posted: Posted) -> str:
    """The message's text with its links, for the inbox."""
    links = [
        f"{element['text']['text']}: {element['url']}"
        for block in posted.body["blocks"]
        for element in block.get("elements", [])
        if element.get("url")
    ]
    return "\n\n".join([str(posted.body["text"]), *links])


def _block(block: Mapping[str, Any]) -> str:
    kind = block["type"]
    if kind == "header":
        return f"<h1>{escape(block['text']['text'])}</h1>"
    if kind == "section" and "fields" in block:
        fields = "".join(f"<p>{_words(field['text'])}</p>" for field in block["fields"])
        return f'<div class="fields">{fields}</div>'
    if kind == "section":
        return f"<p>{_words(block['text']['text'])}</p>"
    if kind == "actions":
        return f"<p>{''.join(_button(element) for element in block['elements'])}</p>"
    if kind == "context":
        words = " ".join(_words(element["text"]) for element in block["elements"])
        return f"<p><small>{words}</small></p>"
    return ""


def _button(element: Mapping[str, Any]) -> str:
    words = escape(element["text"]["text"])
    if element.get("url"):
        return f'<a class="link" href="{escape(element["url"])}">{words}</a>'
    style = escape(element.get("style", ""))
    action = escape(element["action_id"])
    return f'<button class="{style}" name="action" value="{action}">{words}</button>'


def _dialog(view: Mapping[str, Any], address: str, user: str) -> str:
    words = "".join(_block(block) for block in view["blocks"])
    field = ""
    if any(block["type"] == "input" for block in view["blocks"]):
        field = (
            '<p><label for="reason">Reason</label><textarea id="reason" name="reason"></textarea>'
            f"</p><button>{escape(view['submit']['text'])}</button>"
        )
    return (
        f'<form method="post" action="{escape(address)}" class="dialog" role="dialog" '
        f'aria-label="{escape(view["title"]["text"])}"><h2>{escape(view["title"]["text"])}</h2>'
        f'<input type="hidden" name="user" value="{escape(user)}">{words}{field}</form>'
    )


def _words(text: str) -> str:
    """mrkdwn's bold and line ends; Slack's own escapes are HTML's."""
    return re.sub(r"\*([^*\n]+)\*", r"<strong>\1</strong>", text).replace("\n", "<br>")
