"""A local cloud with only the repaired base and SageMaker in it, and models of a few lines."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud.cloud import image_python
from localcloud.context import Context
from tests.support.waiting import wait_until

REPOSITORY = Path(__file__).parents[3]
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
ROLE = "arn:aws:iam::000000000000:role/execution"
_SERVER = (
    "import sys, localcloud.server as s; s._SERVICES = ('repairs', 'sagemaker'); sys.exit(s.main())"
)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """The cloud's context; a wait of ten seconds lasts one."""
    assert image_python().exists(), "the image's interpreter is not made yet: make setup"
    with running(tmp_path_factory.mktemp("cloud")) as context:
        yield context


@contextmanager
def running(home: Path, **environment: str) -> Iterator[Context]:
    """A cloud in ``home`` that ends with the block."""
    home.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER, "--home", str(home), "--region", "us-east-1",
         "--image-python", str(image_python()), "--leash"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=(home / "cloud.log").open("wb"),
        stderr=subprocess.STDOUT,
        env={
            **os.environ,
            "SLIPWAY_TIME_SCALE": "0.1",
            "PYTHONPATH": str(REPOSITORY),
            **environment,
        },
    )  # fmt: skip
    try:
        yield _context(process, home)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(20)


def _context(process: subprocess.Popen[bytes], home: Path) -> Context:
    state = home / "cloud.json"

    def up() -> dict[str, Any] | None:
        assert process.poll() is None, (home / "cloud.log").read_text()
        return json.loads(state.read_text()) if state.exists() else None

    found = wait_until(up, 30)
    context = Context(
        home=home,
        region="us-east-1",
        account="000000000000",
        endpoint_url=f"http://127.0.0.1:{found['port']}",
        image_python=image_python(),
        port=found["port"],
    )
    context.client("s3").create_bucket(Bucket="models")
    return context


def archive(files: dict[str, str | bytes]) -> bytes:
    """A model.tar.gz with these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return stream.getvalue()


@dataclass
class Studio:
    """Short words for what the tests do to SageMaker."""

    context: Context

    @property
    def sm(self) -> Any:
        return self.context.client("sagemaker")

    def model(self, name: str, script: str, **more: str | bytes) -> str:
        """A model whose script is inference.py; returns its name."""
        key = f"{name}/model.tar.gz"
        body = archive({"code/inference.py": script, **more})
        self.context.client("s3").put_object(Bucket="models", Key=key, Body=body)
        self.sm.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": IMAGE,
                "ModelDataUrl": f"s3://models/{key}",
                "Environment": {
                    "SAGEMAKER_PROGRAM": "inference.py",
                    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                },
            },
        )
        return name

    def config(self, name: str, model: str, **more: Any) -> str:
        """A configuration with one variant on two instances; returns its name."""
        self.sm.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "AllTraffic",
                    "ModelName": model,
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 2,
                }
            ],
            **more,
        )
        return name

    def endpoint(self, name: str, script: str) -> str:
        """An endpoint in service with this script; returns its name."""
        config = self.config(f"{name}-1", self.model(f"{name}-1", script))
        self.sm.create_endpoint(EndpointName=name, EndpointConfigName=config)
        assert self.settled(name)["EndpointStatus"] == "InService"
        return name

    def settled(self, name: str, timeout: float = 40.0) -> dict[str, Any]:
        """What DescribeEndpoint says once nothing is under way."""
        busy = ("Creating", "Updating", "RollingBack")

        def probe() -> dict[str, Any] | None:
            doc: dict[str, Any] = self.sm.describe_endpoint(EndpointName=name)
            return None if doc["EndpointStatus"] in busy else doc

        return wait_until(probe, timeout)

    def ask(self, name: str, body: str | bytes = "1", **more: Any) -> Any:
        """Invoke an endpoint; returns the body as text."""
        given = {"ContentType": "text/csv", "Accept": "text/csv", **more}
        runtime = self.context.client("sagemaker-runtime")
        return (
            runtime.invoke_endpoint(EndpointName=name, Body=body, **given)["Body"].read().decode()
        )


@pytest.fixture
def studio(cloud: Context) -> Studio:
    return Studio(cloud)


def answering(word: str, prelude: str = "") -> str:
    """A script that answers one word to everything."""
    return f"""
import os, time, random
{prelude}
def model_fn(model_dir):
    assert os.path.isdir("/opt/ml/model/code")
    return {word!r}
def input_fn(body, content_type):
    return body
def predict_fn(data, model):
    return model
def output_fn(prediction, accept):
    return prediction, accept
"""
