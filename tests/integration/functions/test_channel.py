"""When Slack does not do as it should, the loop goes on and the timeline says what is wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from adapters import approvals, asking, aws, slack_api, telling
from adapters.asking import Settings
from adapters.slack_api import SlackApi, SlackError
from domain.approval import State
from tests.support.product import ADA, BOB, COMMIT, NOW, World, arn_of

URI = f"s3://artifacts/definitions/{COMMIT}/settings.json"
REVIEW = approvals.review_id(arn_of(7))
OK = (200, {}, json.dumps({"ok": True, "channel": "C1", "ts": "1.2"}).encode())
APP = {"bot_token": "xoxb-1", "channel": "C1", "signing_secret": "s"}


@dataclass
class Slack:
    """A server that answers by its script, the last answer for ever."""

    url: str = ""
    script: list[tuple[int, dict[str, str], bytes]] = field(default_factory=lambda: [OK])
    asked: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture(name="slack")
def _slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    made = Slack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append((self.path.lstrip("/"), body))
            status, headers, content = made.script[0]
            del made.script[: len(made.script) > 1]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()


def connected(world: World, slack: Slack, secret: str | dict[str, str]) -> Settings:
    text = secret if isinstance(secret, str) else json.dumps(secret)
    arn = aws.client("secretsmanager").create_secret(Name="slack", SecretString=text)["ARN"]
    return replace(world.settings, slack_api_url=slack.url, slack_secret_arn=arn)


def asked(world: World, settings: Settings) -> list[str]:
    """Ask about version 7; what the timeline says went wrong."""
    assert asking.review(world.register(7), URI, settings, NOW)
    assert [person for person, _ in world.mails] == [ADA, BOB]
    lines = world.ledger.timeline(arn_of(7))
    assert "review_asked" in [line["kind"] for line in lines]
    return [line["detail"]["reason"] for line in lines if line["kind"] == "notice_failed"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, b'{"ok": false, "error": "channel_not_found"}'), "channel_not_found"),
        ((200, {}, b'{"ok": false, "error": "invalid_auth"}'), "invalid_auth"),
        ((200, {}, b"<html>a proxy</html>"), "no JSON"),
        ((200, {}, b"[]"), "no reason given"),
        ((404, {}, b"no_team"), "404 no_team"),
        ((503, {}, b"down"), "503 down"),
        ((429, {"Retry-After": "3600"}, b"later"), "429 later"),
        ((200, {"Content-Length": "99"}, b"{"), "no JSON"),
    ],
)
def test_an_answer_that_is_no_yes_is_a_line_of_the_timeline(
    world: World, slack: Slack, answer: tuple[int, dict[str, str], bytes], words: str
) -> None:
    slack.script = [answer]

    (reason,) = asked(world, connected(world, slack, APP))

    assert words in reason
    assert len(slack.asked) == 1


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("xoxb-pasted-as-it-is", "no JSON object"),
        ("[]", "no JSON object"),
        ({"bot_token": "xoxb-1"}, "bot_token and channel"),
        ({"signing_secret": "s"}, "webhook_url, or bot_token"),
    ],
)
def test_a_secret_that_cannot_be_used_keeps_nobody_from_being_asked(
    world: World, slack: Slack, secret: str | dict[str, str], words: str
) -> None:
    (reason,) = asked(world, connected(world, slack, secret))

    assert words in reason
    assert slack.asked == []


def test_a_message_waits_as_long_as_slack_says_and_is_posted_once(
    world: World, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(slack_api.time, "sleep", waited.append)
    slack.script = [(429, {"Retry-After": "1"}, b""), OK]

    assert asked(world, connected(world, slack, APP)) == []
    assert (waited, slack.methods) == ([1], ["chat.postMessage", "chat.postMessage"])


@pytest.mark.parametrize(
    ("secret", "methods"),
    [
        (APP, ["chat.postMessage", "chat.update"]),
        ({"webhook_url": "hook"}, ["hook", "hook"]),
        ({"webhook_url": "hook", "bot_token": "xoxb-1"}, ["hook", "hook"]),
        ({"webhook_url": "hook", "signing_secret": "s"}, ["hook", "hook"]),
    ],
)
def test_who_read_the_question_reads_its_end_however_much_is_configured(
    world: World, slack: Slack, secret: dict[str, str], methods: list[str]
) -> None:
    hook = {"webhook_url": f"{slack.url}/hook"} if "webhook_url" in secret else {}
    settings = connected(world, slack, secret | hook)
    assert asked(world, settings) == []
    ended = approvals.void(world.ledger, REVIEW, "version 8 is newer", NOW)
    assert ended
    assert ended.state is State.VOID

    assert telling.tell(REVIEW, settings, NOW)
    assert not telling.tell(REVIEW, settings, NOW)

    assert slack.methods == methods
    assert b"version 8 is newer" in slack.asked[-1][1]


@pytest.mark.parametrize(
    ("user", "address"),
    [
        ({"profile": {"email": ADA}, "is_email_confirmed": True}, ADA),
        ({"profile": {"email": ADA}}, ADA),
        ({"profile": {"email": ADA}, "is_email_confirmed": False}, ""),
        ({"profile": {"email": ADA}, "is_stranger": True}, ""),
        ({"profile": {"email": ADA}, "deleted": True}, ""),
        ({"profile": {}}, ""),
    ],
)
def test_only_a_confirmed_address_of_this_workspace_says_who_somebody_is(
    slack: Slack, user: dict[str, Any], address: str
) -> None:
    slack.script = [(200, {}, json.dumps({"ok": True, "user": user}).encode())]
    assert SlackApi(slack.url, "xoxb-1").mail_of("U1") == address


def test_a_dialog_does_not_wait_for_slack(slack: Slack) -> None:
    slack.script = [(429, {"Retry-After": "1"}, b""), OK]
    with pytest.raises(SlackError, match="429"):
        SlackApi(slack.url, "xoxb-1").call("views.open", {})
    assert len(slack.asked) == 1
