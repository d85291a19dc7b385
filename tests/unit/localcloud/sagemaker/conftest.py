"""A service in memory: a fake S3, a clock that moves by hand, events in a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.context import Context
from localcloud.sagemaker import endpoint_configs, models, registry, tags
from localcloud.sagemaker.api import call
from localcloud.sagemaker.callers import acting_as
from localcloud.sagemaker.events import Events
from localcloud.sagemaker.service import Service
from localcloud.sagemaker.store import Store

assert all([endpoint_configs, models, registry, tags])  # imported for their operations
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
CALLER = "arn:aws:iam::000000000000:role/registrar"


@dataclass
class FakeS3:
    etags: dict[tuple[str, str], str] = field(default_factory=dict)

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, str]:  # noqa: N803 - boto3's names
        if (Bucket, Key) not in self.etags:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        return {"ETag": f'"{self.etags[Bucket, Key]}"'}


@dataclass
class Desk:
    """What a test needs to work with one service."""

    svc: Service
    s3: FakeS3
    heard: list[tuple[str, list[str], dict[str, Any]]]
    moment: list[datetime]

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        return call(self.svc, operation, request)

    def later(self, seconds: float = 1.0) -> None:
        self.moment[0] += timedelta(seconds=seconds)

    def group(self, name: str = "churn") -> str:
        return str(
            self.call("CreateModelPackageGroup", ModelPackageGroupName=name)["ModelPackageGroupArn"]
        )

    def version(self, group: str = "churn", **more: Any) -> str:
        """A registered version; returns its ARN."""
        self.s3.etags.setdefault(("models", "model.tar.gz"), "etag-1")
        specification = {
            "Containers": [
                {
                    "Image": IMAGE,
                    "ModelDataUrl": "s3://models/model.tar.gz",
                    "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
                }
            ],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        }
        request = {"ModelPackageGroupName": group, "InferenceSpecification": specification, **more}
        return str(self.call("CreateModelPackage", **request)["ModelPackageArn"])


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    heard: list[tuple[str, list[str], dict[str, Any]]] = []
    moment = [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)]
    s3 = FakeS3()
    context = Context(tmp_path, "us-east-1", "000000000000", "http://x", tmp_path / "python", 1)
    monkeypatch.setattr(Context, "client", lambda _self, name: {"s3": s3}[name])
    publish = lambda kind, resources, detail: heard.append((kind, resources, detail))  # noqa: E731
    svc = Service(context, Store(":memory:"), Events(publish), lambda: moment[0])
    with acting_as(CALLER):
        yield Desk(svc, s3, heard, moment)
    svc.store.close()
