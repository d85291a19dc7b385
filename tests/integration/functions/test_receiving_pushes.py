"""GitHub's webhook at the handler: what is refused is logged and does nothing else."""

import base64
import importlib
import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from adapters import aws, bus
from domain import webhook
from tests.support import template
from tests.support.product import World

SECRET = "It's a Secret to Everybody"
COMMIT = "4be1" * 10
PUSH = json.dumps(
    {"ref": "refs/heads/main", "after": COMMIT, "repository": {"full_name": "acme/churn"}}
)
CONTEXT = SimpleNamespace(
    function_name="receive_github", memory_limit_in_mb=512, aws_request_id="r",
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:receive_github",
)  # fmt: skip


@pytest.fixture(name="told")
def _told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put on the bus."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(bus, "tell_push", found.append)
    return found


@pytest.fixture(name="receive")
def _receive(world: World, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The handler as it starts in this stack, for acme/churn."""
    assert world
    document = json.dumps({"webhook_secret": SECRET})
    made = aws.client("secretsmanager").create_secret(Name="github", SecretString=document)
    properties = template.functions()["ReceiveGithubFunction"]
    for name, value in template.environment(properties).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/churn")
    monkeypatch.setenv("GITHUB_SECRET_ARN", made["ARN"])
    monkeypatch.delitem(sys.modules, "receive_github.handler", raising=False)
    return importlib.import_module("receive_github.handler")


def delivery(body: str, secret: str = SECRET, **headers: str) -> dict[str, Any]:
    """A request as API Gateway hands it on."""
    sent = {
        "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1",
        "X-Hub-Signature-256": webhook.signature(secret.encode(), body.encode()), **headers,
    }  # fmt: skip
    return {"headers": sent, "body": body}


class Log:
    """The handler's log: level, message and what stands beside it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, str]]] = []

    def warning(self, message: str, *, extra: dict[str, str]) -> None:
        self.lines.append(("warning", message, extra))

    def info(self, message: str, *, extra: dict[str, str]) -> None:
        self.lines.append(("info", message, extra))


@pytest.fixture(name="log")
def _log(receive: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Log:
    found = Log()
    monkeypatch.setattr(receive, "logger", found)
    return found


@pytest.mark.parametrize(
    ("event", "status", "reason"),
    [
        (delivery(PUSH, secret="another"), 401, "X-Hub-Signature-256"),
        (delivery(PUSH, **{"Content-Type": "text/plain"}), 415, "application/json"),
        (delivery(" " * (webhook.BODY_MAX + 1)), 413, "bytes"),
        (delivery("{"), 400, "not JSON"),
        (delivery(json.dumps({"ref": 7})), 400, "repository.full_name"),
        (delivery(PUSH, **{"X-GitHub-Event": ""}), 400, "X-GitHub-Event"),
        ({"headers": None, "body": None}, 415, "application/json"),
    ],
)
def test_what_is_refused_is_logged_without_the_secret_and_reaches_no_bus(
    receive: ModuleType,
    told: list[dict[str, Any]],
    world: World,
    log: Log,
    event: dict[str, Any],
    status: int,
    reason: str,
) -> None:
    before = world.table()
    answer = receive.handler(event, CONTEXT)

    assert answer["statusCode"] == status
    assert reason in json.loads(answer["body"])["error"]
    ((level, message, beside),) = log.lines
    assert (level, message) == ("warning", "Refused")
    assert reason in beside["reason"]
    assert SECRET not in json.dumps(beside)
    assert told == []
    assert world.table() == before


def test_a_signed_push_goes_to_the_bus_with_its_delivery_id(
    receive: ModuleType, told: list[dict[str, Any]], log: Log
) -> None:
    plain = delivery(PUSH)
    encoded = {
        **plain, "body": base64.b64encode(PUSH.encode()).decode(), "isBase64Encoded": True,
    }  # fmt: skip
    for event in (plain, encoded):
        assert receive.handler(event, CONTEXT)["statusCode"] == 202

    assert [(one["commit"], one["delivery"]) for one in told] == [(COMMIT, "d-1")] * 2
    assert [line[1:] for line in log.lines] == [("Push", {"commit": COMMIT, "delivery": "d-1"})] * 2


def test_the_signature_is_compared_in_constant_time(
    receive: ModuleType, told: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    compare = webhook.hmac.compare_digest

    def spy(ours: bytes, theirs: bytes) -> bool:
        compared.append((ours, theirs))
        return compare(ours, theirs)

    monkeypatch.setattr(webhook.hmac, "compare_digest", spy)
    receive.handler(delivery(PUSH), CONTEXT)

    signed = webhook.signature(SECRET.encode(), PUSH.encode()).encode()
    assert compared == [(signed, signed)]
    assert len(told) == 1
