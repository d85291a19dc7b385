"""The product's data on moto, and fakes for what moto does not have: registry and task tokens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from adapters import asking, aws, executions, registry, reviewing, secrets
from adapters.http import Request
from adapters.ledger import Ledger
from adapters.mailer import Mailer
from adapters.registry import Summary
from domain import links
from domain.mail import Mail
from domain.release import Version, parse_version
from tests.support import template
from tests.support.stage_settings import stages

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADA, BOB = "ada@example.com", "bob@example.com"
GROUP, STAGING, PRODUCTION = "slipway", "slipway-staging", "slipway-production"
BUCKET, TABLE = "artifacts", "ledger"
COMMIT = "c" * 40


def arn_of(number: int) -> str:
    """The ARN of a version of the project."""
    return f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{GROUP}/{number}"


@dataclass
class World:
    """Everything that is there, and everything that was asked of the fakes."""

    secret_arn: str = ""
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    decided: list[tuple[str, str, str]] = field(default_factory=list)
    marked: list[tuple[str, ...]] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    started: dict[str, dict[str, Any]] = field(default_factory=dict)
    resumed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    mails: list[tuple[str, str]] = field(default_factory=list)
    mail_fails: Callable[[], bool] = lambda: False
    ses_says: dict[str, str] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=lambda: Ledger(TABLE))

    @property
    def settings(self) -> asking.Settings:
        """What the template sets for functions that ask people."""
        return asking.Settings(
            approvers=f"{ADA},{BOB}", artifact_bucket=BUCKET, ledger_table=TABLE,
            link_secret_arn=self.secret_arn, production_endpoint_name=PRODUCTION,
            project_name="churn", public_url="https://slipway.example",
            sender_email="s@example.com", staging_endpoint_name=STAGING, topic_arn="arn:topic",
        )  # fmt: skip

    @property
    def pages(self) -> reviewing.Settings:
        """What it sets for the approval's page."""
        shared = self.settings
        names = reviewing.Settings.__dataclass_fields__
        return reviewing.Settings(**{n: getattr(shared, n) for n in names if hasattr(shared, n)})

    def register(self, number: int, status: str = "PendingManualApproval", **more: Any) -> Version:
        """A version in the registry, with its artifact, settings and commit in the bucket."""
        model = f"models/{number}/model.tar.gz"
        self.put(model, f"model {number}".encode())
        self.put(f"definitions/{COMMIT}/settings.json", json.dumps({"stages": stages()}).encode())
        self.put(
            f"definitions/{COMMIT}/commit.json", json.dumps({"email": "dev@example.com"}).encode()
        )
        container = {
            "Image": "image:3.0-5",
            "ModelDataUrl": f"s3://{BUCKET}/{model}",
            "ModelDataETag": hashlib.md5(f"model {number}".encode()).hexdigest(),
        }
        self.versions[arn_of(number)] = {
            "ModelPackageArn": arn_of(number),
            "ModelApprovalStatus": status,
            "InferenceSpecification": {"Containers": [container]},
            "CreationTime": NOW + timedelta(minutes=number),
            "CustomerMetadataProperties": {
                "commit": COMMIT, "golden_uri": f"s3://{BUCKET}/golden",
                "pipeline_execution_arn": "arn:pipeline/p/execution/e",
            },
            **more,
        }  # fmt: skip
        return parse_version(self.versions[arn_of(number)])

    def put(self, key: str, content: bytes) -> None:
        """An object in the bucket."""
        aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)

    def read(self, key: str) -> bytes:
        """An object of the bucket."""
        found: bytes = aws.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return found

    def request(self, url: str, **form: str) -> Request:
        """What API Gateway hands on when a link is opened, or its form sent."""
        path, _, query = url.partition("?")
        return Request(
            path={"approval_id": path.rsplit("/", 1)[1]},
            query=dict(parse_qsl(query)),
            body=urlencode(form).encode(),
            content_type="application/x-www-form-urlencoded" if form else "",
            address="203.0.113.7",
            agent="pytest",
        )

    def link(self, approval_id: str, person: str = ADA, until: datetime | None = None) -> str:
        """A signed link, as a mail holds it."""
        key_id, key = secrets.signing_key(self.secret_arn)
        query = links.sign(key, key_id, approval_id, person, until or NOW + timedelta(days=9))
        return f"https://slipway.example/approvals/{approval_id}?{query}"

    def table(self) -> list[str]:
        """Everything in the ledger, to be compared."""
        items = aws.client("dynamodb").scan(TableName=TABLE)["Items"]
        return sorted(json.dumps(item, sort_keys=True) for item in items)


@contextmanager
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A fresh table (as the template describes it), bucket, secret and fakes."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        # Clients are dear to make; moto answers those of an earlier world as well.
        monkeypatch.setattr(aws, "client", _client)
        secrets._cache.clear()
        found = World()
        _make(found)
        _one_call_at_a_time(monkeypatch)
        _fake(found, monkeypatch)
        yield found
        secrets._cache.clear()


_real = aws.client.__wrapped__


@cache
def _client(service: str, role: str = "") -> Any:
    return _real(service, role)


def _make(found: World) -> None:
    table = template.resources()["Ledger"]["Properties"]
    same = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    aws.client("dynamodb").create_table(TableName=TABLE, **{k: table[k] for k in same})
    aws.client("s3").create_bucket(Bucket=BUCKET)
    made = aws.client("secretsmanager").create_secret(
        Name="links", SecretString=json.dumps({"key": "k" * 64})
    )
    found.secret_arn = made["ARN"]


def _one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request to DynamoDB is atomic; moto's are only when they come one after another."""
    call, lock = BaseClient._make_api_call, Lock()

    def alone(self: BaseClient, *arguments: Any) -> Any:
        with lock:
            return call(self, *arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", alone)


def _fake(found: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def decide(arn: str, status: str, description: str) -> None:
        found.decided.append((arn, status, description))
        found.versions[arn]["ModelApprovalStatus"] = status
        found.versions[arn]["ApprovalDescription"] = description

    def mark(arn: str, stage: str, status: str, description: str) -> None:
        found.versions[arn]["ModelLifeCycle"] = {"Stage": stage, "StageStatus": status}

    def describe(arn: str, metadata: Mapping[str, str]) -> None:
        found.versions[arn]["CustomerMetadataProperties"] = dict(metadata)
        found.described.append(arn)

    def start(machine: str, name: str, value: dict[str, Any]) -> bool:
        return found.started.setdefault(f"{machine}:{name}", value) is value

    def send(_: Mailer, mail: Mail, people: list[str]) -> None:
        if found.mail_fails():
            raise RuntimeError("SES throttles")
        for person in people:
            if code := found.ses_says.get(person):
                raise ClientError({"Error": {"Code": code, "Message": "no"}}, "SendEmail")
        found.mails.extend((person, mail.subject) for person in people)

    def newest(_: str, count: int) -> list[Summary]:
        ordered = sorted(found.versions.values(), key=lambda v: v["CreationTime"], reverse=True)
        return [
            Summary(v["ModelPackageArn"], v["ModelApprovalStatus"], v["CreationTime"])
            for v in ordered[:count]
        ]

    def newest_approved(group: str) -> str | None:
        return next((s.arn for s in newest(group, 99) if s.status == "Approved"), None)

    def version(arn: str) -> Version:
        if arn not in found.versions:
            gone = {"Error": {"Code": "ValidationException", "Message": "does not exist"}}
            raise ClientError(gone, "DescribeModelPackage")
        return parse_version(found.versions[arn])

    monkeypatch.setattr(registry, "version", version)
    monkeypatch.setattr(registry, "decide", decide)
    monkeypatch.setattr(registry, "describe", describe)
    monkeypatch.setattr(registry, "mark", lambda *marked: found.marked.append(marked))
    monkeypatch.setattr(registry, "mark", mark)
    monkeypatch.setattr(registry, "newest", newest)
    monkeypatch.setattr(registry, "newest_approved", newest_approved)
    monkeypatch.setattr(executions, "start", start)
    monkeypatch.setattr(executions, "resume", lambda t, o: found.resumed.append((t, o)) or True)
    monkeypatch.setattr(executions, "fail", lambda t, e, c: found.failed.append((t, e, c)) or True)
    monkeypatch.setattr(executions, "is_running", lambda arn: arn not in found.ended)
    monkeypatch.setattr(Mailer, "send", send)
