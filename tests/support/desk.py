"""A reviewer's desk: a deployed stack, one trained version, and as many more as a test needs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from adapters import asking, registry, views
from adapters.ledger import _wire
from domain import links
from domain.approval import Approval, Kind
from domain.approval_item import from_item, to_item
from domain.deciding import Subject, open_approval
from domain.ledger import approval_key, iso, still
from domain.naming import version_of
from domain.policy import StagePolicy
from domain.verdict import judge
from localcloud import cloud as clouds
from localcloud.application import bring_up, generated_table
from tests.support.inside import inside
from tests.support.loop import Loop, Run, promotion_id, review_id
from tests.support.waiting import wait_until

ADA, GRACE, EVE = "ada@example.com", "grace@example.com", "eve@example.com"
_COPIED = ("InferenceSpecification", "CustomerMetadataProperties", "ModelMetrics")


@dataclass
class Desk(Loop):
    """`first` is the version that was trained; its review was asked by mail."""

    first: str = ""
    first_commit: str = ""

    def new_version(self, **facts: str) -> str:
        """Register one more version, with the evidence of the first; nobody is asked.

        `facts` are metadata in place of the first's.
        """
        found = self.sagemaker.describe_model_package(ModelPackageName=self.first)
        copied = {name: _writable(name, found[name]) for name in _COPIED}
        copied["CustomerMetadataProperties"] |= facts
        made = self.sagemaker.create_model_package(
            ModelPackageGroupName=self.outputs["ModelPackageGroupName"],
            ModelApprovalStatus="PendingManualApproval",
            **copied,
        )
        return str(made["ModelPackageArn"])

    def ask(self, rules: StagePolicy | None = None, **changed: Any) -> Approval:
        """Open the review of a new version; `changed` replaces the approval's fields."""
        arn = self.new_version()
        subject = Subject(arn, version_of(arn), "", changed.pop("committer", ""))
        now = datetime.now(UTC)
        opened = open_approval(
            rules or StagePolicy((ADA, GRACE)), Kind.REVIEW, subject, review_id(arn), now
        )
        return self.put(replace(opened, **changed))

    def ask_by_mail(self, kind: Kind = Kind.REVIEW, **facts: str) -> Approval:
        """Ask both approvers about a new version, with the product's own mail.

        A promotion is one of the first version's release, which `released` ended.
        """
        arn, now = self.new_version(**facts), datetime.now(UTC)
        promotion = kind is Kind.PROMOTION
        release = self.released.name if promotion else ""
        subject = Subject(arn, version_of(arn), release, "")
        name = f"promotion-{uuid.uuid4().hex}" if promotion else review_id(arn)
        with inside(self) as settings:
            version = registry.version(arn)
            against = judge(views.evidence(version, settings.artifact_bucket, release), kind)
            asked = self.put(
                open_approval(
                    StagePolicy((ADA, GRACE)), kind, subject, name, now,
                    reason_for_yes=against.against,
                )
            )  # fmt: skip
            asking.announce(asked, settings, now)
        return asked

    @cached_property
    def released(self) -> Run:
        """The first version's release, which was tested in staging and then not promoted."""
        self.decide(review_id(self.first), "approve", "Good figures")
        release = self.release(self.first)
        self.decide(promotion_id(release), "reject", "Only staging was wanted")
        return self.ended(release)

    def put(self, approval: Approval) -> Approval:
        """Store an approval as the product does."""
        key = approval_key(approval.id)
        at = still if approval.is_pending else iso
        item = to_item(approval) | {"project": "churn", "at": at(approval.created_at)}
        item |= {"pk": key.pk, "sk": key.sk, "announced": True}
        table = self.outputs["LedgerTableName"]
        self.cloud.client("dynamodb").put_item(TableName=table, Item=_wire(item))
        return approval

    def approval(self, approval_id: str) -> Approval:
        """An approval as it stands."""
        return from_item(self.item(approval_key(approval_id).pk))

    def link(self, approval: Approval, person: str = ADA, days: float = 1) -> str:
        """A link as that person gets it in a mail."""
        key_id, key = self.key()
        until = datetime.now(UTC) + timedelta(days=days)
        query = links.sign(key, key_id, approval.id, person, until)
        return f"{self.outputs['ApiUrl'].rstrip('/')}/approvals/{approval.id}?{query}"

    def key(self) -> tuple[str, bytes]:
        """Id and key that sign links now."""
        secret = self.cloud.client("secretsmanager").get_secret_value(
            SecretId=self.resource("LinkSecret")
        )
        return secret["VersionId"], json.loads(secret["SecretString"])["key"].encode()

    def attempts(self, approval: Approval) -> list[dict[str, Any]]:
        """What was tried and did not count, oldest first."""
        found = self.ledger(f"TIMELINE#{approval.model_package_arn}")
        return sorted((i for i in found if i["kind"] == "attempt"), key=lambda i: i["at"])

    def quiet(self) -> list[dict[str, Any]]:
        """All of the ledger, once what earlier tests began has come to rest.

        A release that waits for its promotion would wait for days: its version is rejected.
        """
        for arn in self._running("ReleaseStateMachineArn"):
            self.sagemaker.update_model_package(
                ModelPackageArn=self.run(arn).input["model_package_arn"],
                ModelApprovalStatus="Rejected",
            )

        def at_rest() -> list[dict[str, Any]] | None:
            before = self.ledger()
            moving = self._running("BuildStateMachineArn") or self._running(
                "ReleaseStateMachineArn"
            )
            return before if not moving and before == self.ledger() else None

        wait_until(at_rest, 60, 1.0)
        return wait_until(at_rest, 60, 1.0)

    def _running(self, machine: str) -> list[str]:
        found = self.cloud.client("stepfunctions").list_executions(
            stateMachineArn=self.outputs[machine], statusFilter="RUNNING"
        )
        return [one["executionArn"] for one in found["executions"]]

    def new_minute(self) -> None:
        """Forget how many attempts there were this minute."""
        table = self.outputs["LedgerTableName"]
        for item in self.ledger("ATTEMPTS#"):
            key = _wire({"pk": item["pk"], "sk": item["sk"]})
            self.cloud.client("dynamodb").delete_item(TableName=table, Key=key)

    def mails_about(self, approval: Approval, words: str) -> list[dict[str, Any]]:
        """Mails about this version that have `words`."""
        name = f"/approvals/{approval.id}?"
        return [mail for mail in self.mails(words) if name in mail["text"]]


@contextmanager
def desk(home: Path, rows: int = 1200) -> Iterator[Desk]:
    """Start a cloud, deploy, train one version and wait until its review was asked."""
    with clouds.start(home / "cloud") as cloud:
        table = generated_table(home / "table", rows, 7)
        made = Desk(bring_up(cloud, table, home / "models"))
        made.first_commit = made.push(message="The first model")
        made.first = made.registered(made.first_commit)
        yield made


def _writable(name: str, value: Mapping[str, Any]) -> Any:
    """What Describe adds and Create does not take is left out."""
    if name != "InferenceSpecification":
        return value
    read_only = {"ModelDataETag", "ImageDigest", "ModelDataSource"}
    containers = [
        {key: item for key, item in container.items() if key not in read_only}
        for container in value["Containers"]
    ]
    return {**value, "Containers": containers}
