"""The release page costs three calls at most, and answers why for each version."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from show_releases.showing import Settings, show

from adapters import aws, secrets
from adapters.http import Request
from adapters.ledger import _wire
from domain import links
from domain.approval import Kind
from domain.approval_item import to_item
from domain.deciding import Subject, open_approval
from domain.figures import moment
from domain.ledger import Fact, iso, still, timeline_item
from domain.policy import StagePolicy

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:1:model-package/churn/7"
KEY_ID, KEY = "0" * 36, "k" * 64
SETTINGS = Settings("bucket", "ledger", "arn:secret", "churn", "churn-production", "churn",
                    "churn-staging")  # fmt: skip


class Calls:
    """Clients that answer from values and write down what they were asked."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items, self.made = items, [""] * 0

    def client(self, service: str) -> Any:
        return _Client(self, service)

    def answers(self) -> dict[str, Callable[[], dict[str, Any]]]:
        secret = {"VersionId": KEY_ID, "VersionStages": ["AWSCURRENT"]}
        version = {"ModelPackageArn": ARN, "ModelApprovalStatus": "PendingManualApproval",
                   "CreationTime": NOW}  # fmt: skip
        return {
            "get_secret_value": lambda: {**secret, "SecretString": json.dumps({"key": KEY})},
            "query": lambda: {"Items": [_wire(item) for item in self.items]},
            "list_model_packages": lambda: {"ModelPackageSummaryList": [version]},
        }


class _Client:
    def __init__(self, calls: Calls, service: str) -> None:
        self._calls, self._service = calls, service

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        def call(**_: Any) -> dict[str, Any]:
            self._calls.made.append(f"{self._service}.{name}")
            return self._calls.answers()[name]()

        return call


def opened(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr(aws, "client", calls.client)
    monkeypatch.setattr(secrets, "_cache", {})
    query = links.sign(KEY.encode(), KEY_ID, links.RELEASES, "ada@example.com",
                       NOW + timedelta(days=1))  # fmt: skip
    pairs = dict(part.split("=") for part in query.replace("%40", "@").split("&"))
    return show(Request({}, pairs, b"", "", "", ""), SETTINGS, NOW)


def history() -> list[dict[str, Any]]:
    step = {"name": "Train", "kind": "Training", "status": "Succeeded", "seconds": 214.0,
            "cached": False, "after": []}  # fmt: skip
    detail = {"commit": "4be1c0ffee", "message": "Drop the area code", "graph": [step],
              "figures": {"auc": 0.9213}}  # fmt: skip
    fact = Fact("churn", ARN, "registered", "Version 7 registered", NOW, "run", detail)
    asked = open_approval(StagePolicy(("ada@example.com",)), Kind.REVIEW, Subject(ARN, 7, ""),
                          "review-7", NOW)  # fmt: skip
    item = {**to_item(asked), "pk": "APPROVAL#review-7", "sk": "META", "at": iso(NOW)}
    return [timeline_item(fact), item]


def test_a_cold_page_costs_three_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(history())
    status, html = opened(calls, monkeypatch)
    assert status == 200
    assert sorted(calls.made) == [
        "dynamodb.query", "sagemaker.list_model_packages", "secretsmanager.get_secret_value",
    ]  # fmt: skip
    for words in ("Not in production: it waits for review.", "Drop the area code", "AUC 0.921",
                  "3 min 34 s", "Waits for the review by ada@example.com"):  # fmt: skip
        assert words in html


def test_what_waits_is_linked_for_the_visitor_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    _, html = opened(Calls(history()), monkeypatch)
    address = html.partition('href="/approvals/review-7?')[2].partition('"')[0]
    query = dict(part.split("=") for part in address.replace("&amp;", "&").split("&"))
    query["p"] = query["p"].replace("%40", "@")
    person = links.verify(query, "review-7", {KEY_ID: KEY.encode()}, NOW)
    assert person.address == "ada@example.com"


def stage(name: str, number: int) -> dict[str, Any]:
    """What cleaning writes of a stage."""
    return {
        "pk": f"STAGE#churn-{name}", "sk": "META", "stage": name,
        "at": still(NOW - timedelta(days=90)), "model_package_arn": f"{ARN[:-1]}{number}",
        "good": [], "project": "churn",
    }  # fmt: skip


def test_what_runs_since_long_is_shown_with_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index lists it first, whatever a project did since."""
    _, html = opened(Calls([stage("production", 6), *history()]), monkeypatch)

    assert "Version 6" in html
    assert f"since {moment(NOW - timedelta(days=90))}" in html
    assert "9999" not in html
