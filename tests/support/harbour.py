"""What the tests of the release side do: versions registered by hand, approvals, a steady client.

A version is the first one's artifact with an inference script of its own: its answers are shifted
by a hair (`MARK` each), so that an answer tells which version gave it, and it may treat the odd
row, which one of five customers sends, badly. Its settings are stored as a build stores them.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.loop import Loop, Run, promotion_id
from tests.support.steady import Call, Steady
from tests.support.waiting import wait_until

MARK = 2e-5
ODD_LENGTH = "977"
FAILS = "raise RuntimeError('this value was never seen in training')"
SLOW = "import time; time.sleep(1.2)"
_CODE = """

_as_trained = score


def score(model, rows):
    if any(isinstance(row, list) and len(row) > 1 and row[1] == "{odd}" for row in rows):
        {fault}
    return [min(1.0, value + {mark!r}) for value in _as_trained(model, rows)]
"""


@dataclass
class Harbour:
    """A stack whose first version is in production."""

    loop: Loop
    first: str
    stages: dict[str, Any]
    _made: int = 0
    marks: dict[str, int] = field(default_factory=dict)

    # -- versions ---------------------------------------------------------------------------------

    def settings(self, **production: Any) -> dict[str, Any]:
        """The stages as they are, with other settings for production."""
        changed = copy.deepcopy(self.stages)
        changed["production"].update(production)
        return changed

    def register(
        self,
        stages: Mapping[str, Any] | None = None,
        fault: str = "pass",
        artifact: bytes | None = None,
    ) -> str:
        """Register a version that waits for approval; its ARN. `artifact` stands for a model."""
        self._made += 1
        described = self.loop.sagemaker.describe_model_package(ModelPackageName=self.first)
        container = described["InferenceSpecification"]["Containers"][0]
        bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
        s3 = self.loop.cloud.client("s3")
        content = artifact or _with_code(
            s3.get_object(Bucket=bucket, Key=key)["Body"].read(),
            _CODE.format(odd=ODD_LENGTH, fault=fault, mark=MARK * self._made),
        )
        name = f"by-hand-{self._made:04d}"
        s3.put_object(Bucket=bucket, Key=f"models/{name}/model.tar.gz", Body=content)
        self._settle(name, stages or self.stages)
        facts = described["CustomerMetadataProperties"] | {
            "commit": name, "model_sha256": hashlib.sha256(content).hexdigest(),
        }  # fmt: skip
        own = {**container, "ModelDataUrl": f"s3://{bucket}/models/{name}/model.tar.gz"}
        arn = self._create(described, own, facts)
        self.marks[arn] = self._made
        return arn

    def _settle(self, name: str, stages: Mapping[str, Any]) -> None:
        """Store what a build stores: the settings, and the first version's monitor."""
        bucket = self.loop.outputs["ArtifactBucketName"]
        s3 = self.loop.cloud.client("s3")
        s3.put_object(
            Bucket=bucket,
            Key=f"definitions/{name}/settings.json",
            Body=json.dumps({"stages": stages}),
        )
        described = self.loop.sagemaker.describe_model_package(ModelPackageName=self.first)
        built = described["CustomerMetadataProperties"]["commit"]
        s3.copy_object(
            Bucket=bucket,
            Key=f"definitions/{name}/monitor.json",
            CopySource={"Bucket": bucket, "Key": f"definitions/{built}/monitor.json"},
        )

    def settle_anew(self, arn: str, stages: Mapping[str, Any]) -> str:
        """Register a version's very artifact with other settings, as a commit of settings does.

        Every step of its pipeline is cached but the last, which registers the same model again.
        """
        self._made += 1
        name = f"by-hand-{self._made:04d}"
        self._settle(name, stages)
        described = self.loop.sagemaker.describe_model_package(ModelPackageName=arn)
        facts = described["CustomerMetadataProperties"] | {"commit": name}
        again = self._create(described, described["InferenceSpecification"]["Containers"][0], facts)
        self.marks[again] = self.marks[arn]
        return again

    def _create(
        self, like: Mapping[str, Any], container: Mapping[str, Any], facts: Mapping[str, str]
    ) -> str:
        wanted = ("Image", "Environment", "Framework", "FrameworkVersion", "ModelDataUrl")
        kept = {key: container[key] for key in wanted if key in container}
        created = self.loop.sagemaker.create_model_package(
            ModelPackageGroupName=like["ModelPackageGroupName"],
            InferenceSpecification=like["InferenceSpecification"] | {"Containers": [kept]},
            ModelMetrics=like["ModelMetrics"],
            ModelApprovalStatus="PendingManualApproval",
            CustomerMetadataProperties=facts,
        )
        return str(created["ModelPackageArn"])

    def tamper(self, arn: str) -> None:
        """Overwrite a version's artifact, as somebody with access to the bucket can."""
        key = f"models/by-hand-{self.marks[arn]:04d}/model.tar.gz"
        bucket = self.loop.outputs["ArtifactBucketName"]
        self.loop.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=b"another model")

    def say(self, arn: str, status: str, reason: str = "by the registry") -> None:
        """Approve or reject a version in the registry, as Studio's button does."""
        self.loop.sagemaker.update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus=status, ApprovalDescription=reason
        )

    def approve(self, arn: str) -> Run:
        """Approve a version; the release that this begins."""
        before = {run.arn for run in self.loop.releases(arn)}
        self.say(arn, "Approved")
        return self.next_release(arn, before)

    def next_release(self, arn: str, before: Iterable[str] = ()) -> Run:
        """The release of a version that was not there before."""
        known = set(before)

        def probe() -> Run | None:
            return next((run for run in self.loop.releases(arn) if run.arn not in known), None)

        return wait_until(probe, 60, 0.1)

    def promote(self, release: Run) -> None:
        """Say yes to production."""
        self.loop.decide(promotion_id(release), "approve", "Staging is fine")

    def life(self, arn: str) -> tuple[str, str]:
        """Stage and status of a version in the registry."""
        found = self.loop.sagemaker.describe_model_package(ModelPackageName=arn)
        cycle = found.get("ModelLifeCycle") or {"Stage": "", "StageStatus": ""}
        return cycle["Stage"], cycle["StageStatus"]

    def in_state(self, run: Run, state: str, timeout: float = 90) -> None:
        """Wait until an execution is in a state."""
        wait_until(lambda: self.loop.is_in(run, state), timeout, 0.1)

    def released(self, arn: str) -> Run:
        """Approve, promote and follow a version to the end of its release."""
        release = self.approve(arn)
        self.promote(release)
        return self.loop.ended(release, 120)

    def deployed(self, plan: Mapping[str, Any]) -> Run:
        """The deployed machine of deployments, run with this plan instead of a fresh one."""
        states = self.loop.cloud.client("stepfunctions")
        arn = self.loop.outputs["DeployEndpointStateMachineArn"]
        described = states.describe_state_machine(stateMachineArn=arn)
        definition = json.loads(described["definition"])
        start = definition["States"][definition["StartAt"]]
        definition["States"][definition["StartAt"]] = {
            "Type": "Pass", "Next": start["Next"],
            "Assign": start["Assign"] | {"plan": "{% $states.input %}"},
        }  # fmt: skip
        machine = states.create_state_machine(
            name=plan["release_id"], definition=json.dumps(definition),
            roleArn=described["roleArn"],
        )["stateMachineArn"]  # fmt: skip
        started = states.start_execution(stateMachineArn=machine, input=json.dumps(plan))
        return self.loop.ended(self.loop.run(started["executionArn"]))

    def report(self, release_id: str, name: str) -> dict[str, Any]:
        """A JSON report of a release."""
        stored = self.loop.cloud.client("s3").get_object(
            Bucket=self.loop.outputs["ArtifactBucketName"], Key=f"reports/{release_id}/{name}"
        )
        return dict(json.loads(stored["Body"].read()))

    # -- customers --------------------------------------------------------------------------------

    def rows(self) -> list[str]:
        """A row as most customers send it, and the odd one."""
        metadata = self.loop.sagemaker.describe_model_package(ModelPackageName=self.first)
        uri = metadata["CustomerMetadataProperties"]["golden_uri"]
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        key = f"{prefix.rstrip('/')}/requests.csv"
        text = self.loop.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        fields = text.decode().splitlines()[0].split(",")
        return [",".join(fields), ",".join([fields[0], ODD_LENGTH, *fields[2:]])]

    def steady(self, folder: Path, rate: int = 50) -> Steady:
        """A client of production."""
        return Steady(
            self.loop.outputs["ProductionEndpointName"], self.rows(), folder / "calls.jsonl",
            dict(self.loop.cloud.env), rate,
        )  # fmt: skip

    def plain_score(self) -> float:
        """What the unshifted model answers to the row that most customers send."""
        uri = self.loop.sagemaker.describe_model_package(ModelPackageName=self.first)[
            "CustomerMetadataProperties"
        ]["golden_uri"]
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        key = f"{prefix.rstrip('/')}/expected.csv"
        text = self.loop.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return float(text.decode().splitlines()[0].split(",")[1])

    def answered_by(self, calls: Iterable[Call]) -> list[int]:
        """The mark of the version behind each answered plain call (0 is the first version)."""
        base = self.plain_score()
        return [
            round((call.score - base) / MARK)
            for call in calls
            if call.score is not None and not call.odd
        ]


def _with_code(artifact: bytes, code: str) -> bytes:
    """The model's archive with more code at the end of its inference script."""
    made = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(artifact)) as source,
        tarfile.open(fileobj=made, mode="w:gz") as target,
    ):
        for member in source:
            if not member.isfile():
                continue
            file = source.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name.endswith("inference.py"):
                content += code.encode()
                member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return made.getvalue()
