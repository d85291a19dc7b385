"""What people do in Slack: press a button, send a dialog. Slack signs it and posts it to the app.

https://docs.slack.dev/authentication/verifying-requests-from-slack and
https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from localcloud.slack.workspace import MEMBERS, SIGNING_SECRET, TRIGGER_SECONDS, Posted, Workspace

LATE = "This app did not answer in time."


def press(workspace: Workspace, url: str, message: Posted, form: Mapping[str, str]) -> str:
    """Press the button `form["action"]` as `form["user"]`; what Slack tells that person."""
    user = _user(form)
    action = next(
        element
        for block in message.body["blocks"]
        for element in block.get("elements", [])
        if element.get("action_id") == form["action"]
    )
    payload = {
        "type": "block_actions",
        "user": {"id": user},
        "trigger_id": workspace.trigger(user),
        "channel": {"id": message.channel},
        "message": {"ts": message.ts},
        "response_url": "",
        "actions": [{"action_id": action["action_id"], "value": action.get("value", "")}],
    }
    workspace.dialogs.pop(user, None)
    status, _ = deliver(url, payload)
    return "" if status == 200 else LATE


def submit(workspace: Workspace, url: str, form: Mapping[str, str]) -> str:
    """Send the open dialog with `form["reason"]`; the error that the app answers, if any."""
    user = _user(form)
    view = workspace.dialogs.get(user)
    if view is None:
        return "No dialog is open."
    value = {"reason": {"reason": {"type": "plain_text_input", "value": form.get("reason")}}}
    payload = {
        "type": "view_submission",
        "user": {"id": user},
        "view": {**view, "state": {"values": value}},
    }
    status, answer = deliver(url, payload)
    if status != 200:
        return LATE
    if answer.get("response_action") == "errors":
        return str(next(iter(answer["errors"].values())))
    workspace.dialogs.pop(user, None)
    return ""


def deliver(url: str, payload: Mapping[str, Any], **changed: str) -> tuple[int, dict[str, Any]]:
    """POST a payload as Slack signs it; `changed` replaces headers, to see that it is noticed."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    stamp = changed.pop("x_slack_request_timestamp", str(int(time.time())))
    signed = hmac.new(SIGNING_SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={signed.hexdigest()}",
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    request = urllib.request.Request(url, body, headers, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10 * TRIGGER_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {}
    except (OSError, ValueError):
        return 0, {}


def _user(form: Mapping[str, str]) -> str:
    user = form.get("user", "")
    return user if user in MEMBERS else "U0ADA"
