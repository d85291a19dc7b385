"""Which version a new one is measured against, and what the jobs are given when there is none."""

from typing import Any

import pytest

from adapters import champion
from adapters.ledger import Ledger
from domain.release import Version

BUCKET, GROUP = "artifacts", "churn"
ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/churn/"
EMPTY = f"s3://{BUCKET}/champion/none/"


class Registry:
    """A registry of versions by number, in place of `adapters.registry`."""

    def __init__(self, *versions: Version, approved: int | None = None) -> None:
        self.versions = {version.arn: version for version in versions}
        self.approved = approved

    def version_if_there(self, arn: str) -> Version | None:
        return self.versions.get(arn)

    def newest_approved(self, _: str) -> str | None:
        return f"{ARN}{self.approved}" if self.approved else None


class Objects:
    """A bucket of keys, in place of `adapters.objects`."""

    def __init__(self, *uris: str) -> None:
        self.uris = set(uris)

    def write(self, uri: str, *_: Any) -> None:
        self.uris.add(uri)

    def etag(self, uri: str) -> str | None:
        return "etag" if uri in self.uris else None


class Stages(Ledger):
    """A ledger whose table's name is what production runs."""

    def get(self, _: Any) -> dict[str, Any] | None:
        return {"model_package_arn": self.table} if self.table else None


def version(number: int, bucket: str = BUCKET) -> Version:
    return Version(
        arn=f"{ARN}{number}",
        group=GROUP,
        number=number,
        status="Approved",
        description="",
        changed_by="",
        model_data_uri=f"s3://{bucket}/models/{number}/model.tar.gz",
        etag=None,
        image="image",
        image_digest=None,
        metadata={"statistics_uri": f"s3://{bucket}/runs/{number}/statistics"},
        evaluation_uri=None,
        registered_at="",
    )


def files(number: int) -> tuple[str, str]:
    return (
        f"s3://{BUCKET}/models/{number}/model.tar.gz",
        f"s3://{BUCKET}/runs/{number}/statistics/profile.json",
    )


def ask(
    monkeypatch: pytest.MonkeyPatch, registry: Registry, objects: Objects, live: int | None
) -> dict[str, str]:
    monkeypatch.setattr(champion, "registry", registry)
    monkeypatch.setattr(champion, "objects", objects)
    stages = Stages(f"{ARN}{live}" if live else "")
    return champion.parameters(BUCKET, GROUP, "churn-production", stages)


def test_production_s_version_is_the_champion_also_beside_a_newer_approved_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry = Registry(version(3), version(5), approved=5)
    found = ask(monkeypatch, registry, Objects(*files(3), *files(5)), live=3)

    assert found == {
        "ChampionVersion": "3",
        "ChampionModelUri": f"s3://{BUCKET}/models/3/model.tar.gz",
        "ChampionStatisticsUri": f"s3://{BUCKET}/runs/3/statistics",
    }


@pytest.mark.parametrize("live", [None, 9])
def test_before_production_or_when_its_version_was_deleted_it_is_the_newest_approved(
    monkeypatch: pytest.MonkeyPatch, live: int | None
) -> None:
    found = ask(monkeypatch, Registry(version(5), approved=5), Objects(*files(5)), live)

    assert found["ChampionVersion"] == "5"


def test_without_any_the_addresses_exist_nevertheless(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = Objects()
    found = ask(monkeypatch, Registry(), objects, live=None)

    assert found == {
        "ChampionVersion": "none",
        "ChampionModelUri": EMPTY,
        "ChampionStatisticsUri": EMPTY,
    }
    assert objects.uris == {f"{EMPTY}none.txt"}


@pytest.mark.parametrize("bucket", [BUCKET, "another"])
def test_a_version_whose_files_cannot_be_read_stays_named(
    monkeypatch: pytest.MonkeyPatch, bucket: str
) -> None:
    found = ask(monkeypatch, Registry(version(3, bucket)), Objects(), live=3)

    assert found == {
        "ChampionVersion": "3",
        "ChampionModelUri": EMPTY,
        "ChampionStatisticsUri": EMPTY,
    }
