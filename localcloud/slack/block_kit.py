"""Slack's Block Kit limits, as its reference documents them: what Slack would refuse.

https://docs.slack.dev/reference/block-kit/blocks, …/block-elements/button-element, …/views
"""

from collections.abc import Iterator, Mapping
from typing import Any


def faults(message: Mapping[str, Any]) -> list[str]:
    """What Slack would refuse in a message or a modal; empty when it would take it."""
    return list(_faults(message))


def _faults(message: Mapping[str, Any]) -> Iterator[str]:
    modal = message.get("type") == "modal"
    blocks = message["blocks"]
    if not 1 <= len(blocks) <= (100 if modal else 50):
        yield f"{len(blocks)} blocks"
    if modal:
        for name in ("title", "submit", "close"):
            if name in message or name == "title":
                yield from _text(message[name], 24, name, plain=True)
        yield from _long(message.get("private_metadata", "x"), 3000, "private_metadata")
        yield from _long(message["callback_id"], 255, "callback_id")
    else:
        yield from _long(message["text"], 40_000, "text")
    for block in blocks:
        yield from _block(block)


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    kind = block["type"]
    yield from _long(block.get("block_id", "x"), 255, "block_id")
    if kind == "header":
        yield from _text(block["text"], 150, kind, plain=True)
    elif kind == "section":
        if "text" in block:
            yield from _text(block["text"], 3000, kind)
        elif not 1 <= len(block["fields"]) <= 10:
            yield f"{len(block['fields'])} fields"
        for field in block.get("fields", []):
            yield from _text(field, 2000, "field")
    elif kind == "actions":
        if not 1 <= len(block["elements"]) <= 25:
            yield f"{len(block['elements'])} elements"
        names = [element["action_id"] for element in block["elements"]]
        if len(set(names)) != len(names):
            yield "action_id twice in a block"
        for element in block["elements"]:
            yield from _button(element)
    elif kind == "context":
        if not 1 <= len(block["elements"]) <= 10:
            yield f"{len(block['elements'])} elements"
        for element in block["elements"]:
            yield from _text(element, 2000, kind)
    elif kind == "input":
        yield from _text(block["label"], 2000, "label", plain=True)
        field = block["element"]
        if not 0 <= field["min_length"] <= 3000 or not 1 <= field["max_length"] <= 3000:
            yield "length of input"
    else:
        yield f"unknown block {kind}"


def _button(element: Mapping[str, Any]) -> Iterator[str]:
    if element["type"] != "button":
        yield f"unknown element {element['type']}"
        return
    yield from _text(element["text"], 75, "button", plain=True)
    yield from _long(element["action_id"], 255, "action_id")
    yield from _long(element.get("value", "x"), 2000, "value")
    yield from _long(element.get("url", "x"), 3000, "url")
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield f"style {element['style']}"


def _text(text: Mapping[str, Any], most: int, where: str, plain: bool = False) -> Iterator[str]:
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    if text["type"] not in kinds:
        yield f"{where} is {text['type']}"
    yield from _long(text["text"], most, where)


def _long(text: str, most: int, where: str) -> Iterator[str]:
    if not 1 <= len(text) <= most:
        yield f"{where} has {len(text)} characters, {most} are allowed"
