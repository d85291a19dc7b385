"""A commit is read, checked and stored, or refused with the words that mend it."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from fetch_source.fetching import Settings, fetch

from adapters import endpoints, objects, providers
from adapters.endpoints import Live
from adapters.source import CommitInfo
from domain import errors
from domain.events import Commit
from tests.support.aws_models import faults
from tests.support.product import ADA, BUCKET, COMMIT, NOW, PRODUCTION, TABLE, World
from tests.support.stage_settings import SERVERLESS, stages

FOLDER = "pipeline_def/churn"
TOLD = Commit("codecommit", "models", "main", COMMIT, "2026-11-23T08:59:00Z")
SETTINGS = Settings(
    artifact_bucket=BUCKET, approvers=ADA, aws_region="us-east-1", build_unchanged_commits="false",
    data_prefix="data/", github_api_url="", github_secret_arn="", ledger_table=TABLE,
    model_package_group_name="slipway", pipeline_folder=FOLDER, pipeline_name="slipway",
    pipeline_role_arn="arn:aws:iam::123456789012:role/pipeline",
    production_endpoint_name=PRODUCTION, project_id="p-1", project_name="churn",
)  # fmt: skip


class Repository:
    """A commit's files, in memory."""

    def __init__(self) -> None:
        self.files = {
            f"{FOLDER}/parameters.yaml": b"eta: 0.2\n",
            "pipeline_def/steps/train.py": b"print('training')\n",
        }
        names = ["CommitId", "DataDigest", "InputDataUri", "TrainCode", "XGBoostImage"]
        parameters = [{"Name": name, "Type": "String"} for name in names]
        definition = {"Version": "2020-12-01", "Metadata": {"slipway": {}}, "Steps": [],
                      "Parameters": parameters}  # fmt: skip
        self.files[f"{FOLDER}/pipeline.json"] = json.dumps(definition).encode()
        self.render()

    def render(self, **other: Any) -> None:
        """Write rendered.json for the files as they are."""
        sources = {path: hashlib.sha256(content).hexdigest() for path, content in self.files.items()
                   if not path.endswith(".json")}  # fmt: skip
        definition = self.files[f"{FOLDER}/pipeline.json"]
        code = {"layout": "sourcedir", "files": {"train.py": "pipeline_def/steps/train.py"},
                "settings": {"eta": 0.2}}  # fmt: skip
        rendered = {
            "format": 1, "project": "churn", "problem": "binary_classification",
            "sources": {"digest": "d", "files": sources}, "settings_digest": "s",
            "definition_sha256": hashlib.sha256(definition).hexdigest(),
            "code": {"TrainCode": code}, "stages": stages(),
            "images": {"XGBoostImage": {"us-east-1": "image-1"}}, **other,
        }  # fmt: skip
        self.files[f"{FOLDER}/rendered.json"] = json.dumps(rendered).encode()

    def read(self, path: str) -> bytes | None:
        """See `Source.read`."""
        return self.files.get(path)

    def info(self) -> CommitInfo:
        """See `Source.info`."""
        return CommitInfo(COMMIT, "Dev", "dev@example.com", "Train deeper\n\nbecause")


@pytest.fixture(name="repository")
def _repository(world: World, monkeypatch: pytest.MonkeyPatch) -> Repository:
    world.put("data/churn.csv", b"a,b\n1,2\n")
    monkeypatch.setattr(providers.Providers, "head", lambda *_: COMMIT)
    return Repository()


def build(repository: Repository, **settings: str) -> dict[str, Any]:
    return fetch(TOLD, repository, replace(SETTINGS, **settings), NOW)


def test_what_comes_out_is_what_sagemaker_takes(repository: Repository) -> None:
    found = build(repository)

    started = {
        "PipelineName": found["pipeline_name"],
        "PipelineParameters": found["parameters"],
        "PipelineExecutionDescription": found["description"],
        "ClientRequestToken": found["client_request_token"],
    }
    assert not faults("sagemaker", "StartPipelineExecution", started)
    created = {
        "PipelineName": found["pipeline_name"],
        "PipelineDefinitionS3Location": {"Bucket": BUCKET, "ObjectKey": found["definition_key"]},
        "PipelineDescription": found["description"],
        "ClientRequestToken": found["client_request_token"],
        "RoleArn": SETTINGS.pipeline_role_arn,
        "Tags": found["tags"],
    }
    assert not faults("sagemaker", "CreatePipeline", created)


def test_everything_that_the_pipeline_needs_is_stored(repository: Repository) -> None:
    found = build(repository)

    values = {entry["Name"]: entry["Value"] for entry in found["parameters"]}
    assert values["XGBoostImage"] == "image-1"
    assert values["CommitId"] == COMMIT
    assert objects.read_optional(values["TrainCode"])
    definition = objects.read_json(f"s3://{BUCKET}/{found['definition_key']}") or {}
    assert definition["Metadata"] == {}
    facts = objects.read_json(f"s3://{BUCKET}/definitions/{COMMIT}/commit.json") or {}
    assert (facts["email"], facts["branch"]) == ("dev@example.com", "main")
    settings = objects.read_json(f"s3://{BUCKET}/definitions/{COMMIT}/settings.json") or {}
    assert settings["stages"] == stages()
    assert found["description"] == f"{COMMIT[:10]} Train deeper"


def test_fetching_twice_gives_the_same(repository: Repository) -> None:
    assert build(repository) == build(repository)


def test_other_data_has_another_digest(repository: Repository, world: World) -> None:
    def digest() -> str:
        values = {entry["Name"]: entry["Value"] for entry in build(repository)["parameters"]}
        return str(values["DataDigest"])

    before = digest()
    world.put("data/churn.csv", b"a,b\n1,3\n")

    assert digest() != before


def refused(repository: Repository, kind: type[Exception], **settings: str) -> str:
    with pytest.raises(kind) as error:
        build(repository, **settings)
    return str(error.value)


def test_an_edited_source_is_stale(repository: Repository) -> None:
    repository.files[f"{FOLDER}/parameters.yaml"] = b"eta: 0.3\n"

    words = refused(repository, errors.StaleDefinitionError)

    assert f"{FOLDER}/parameters.yaml changed after" in words
    assert "make pipeline" in words


def test_an_edited_definition_is_stale(repository: Repository) -> None:
    repository.files[f"{FOLDER}/pipeline.json"] += b"\n"

    assert "pipeline.json is not the one" in refused(repository, errors.StaleDefinitionError)


def test_the_monitor_is_stored_with_what_the_build_knows(repository: Repository) -> None:
    monitor = {"Version": "2020-12-01", "Metadata": {"slipway": {}}, "Steps": [],
               "Parameters": [{"Name": "TrainCode", "Type": "String"},
                              {"Name": "ChampionVersion", "Type": "String"}]}  # fmt: skip
    content = json.dumps(monitor).encode()
    repository.files[f"{FOLDER}/monitor.json"] = content
    repository.render(monitor_sha256=hashlib.sha256(content).hexdigest())

    fetch(TOLD, repository, SETTINGS, NOW)

    stored = objects.read_json(f"s3://{BUCKET}/definitions/{COMMIT}/monitor.json") or {}
    assert stored["Metadata"] == {}
    code, champion = stored["Parameters"]
    assert code["DefaultValue"].startswith(f"s3://{BUCKET}/code/")
    assert "DefaultValue" not in champion


@pytest.mark.parametrize("content", [b"{}\n", None])
def test_a_monitor_that_is_not_the_rendered_one_is_refused(
    repository: Repository, content: bytes | None
) -> None:
    repository.render(monitor_sha256=hashlib.sha256(b"{}").hexdigest())
    if content is not None:
        repository.files[f"{FOLDER}/monitor.json"] = content

    assert "monitor.json is not the one" in refused(repository, errors.StaleDefinitionError)


@pytest.mark.parametrize("name", ["pipeline.json", "rendered.json"])
def test_an_unknown_folder_is_named_with_both_mends(repository: Repository, name: str) -> None:
    del repository.files[f"{FOLDER}/{name}"]

    words = refused(repository, errors.UnknownFolderError)

    assert f"{FOLDER}/{name}" in words
    assert "make pipeline" in words
    assert "PipelineFolder" in words


def test_a_file_that_the_rendering_names_and_nobody_committed_is_named(
    repository: Repository,
) -> None:
    del repository.files["pipeline_def/steps/train.py"]

    words = refused(repository, errors.SourceUnavailableError)

    assert "pipeline_def/steps/train.py" in words


def test_no_data_names_where_to_put_it(repository: Repository) -> None:
    words = refused(repository, errors.NoDataError, data_prefix="elsewhere/")

    assert f"s3://{BUCKET}/elsewhere/" in words


def test_a_region_without_an_image_is_named(repository: Repository) -> None:
    words = refused(repository, errors.InvalidSettingsError, aws_region="mars-1")

    assert "mars-1" in words
    assert "us-east-1" in words


def test_stage_settings_that_no_release_could_use_are_refused_at_once(
    repository: Repository,
) -> None:
    repository.render(stages=stages(production={"rollout": {"type": "blue"}}))

    assert "production.rollout.type" in refused(repository, errors.InvalidSettingsError)


@pytest.mark.parametrize(
    ("live", "is_refused"),
    [
        (Live("InService", "config", 2), True),
        (Live("InService", "config", None, is_serverless=True), False),
        (None, False),
    ],
    ids=["instances", "serverless", "none"],
)
def test_a_commit_that_would_make_production_serverless_is_refused_where_instances_serve(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, live: Live | None, is_refused: bool
) -> None:
    monkeypatch.setattr(endpoints, "look", lambda name, _: live if name == PRODUCTION else None)
    repository.render(stages=stages(production={"endpoint": SERVERLESS}))

    if is_refused:
        words = refused(repository, errors.InvalidSettingsError)
        assert "production.endpoint is serverless" in words
        assert "delete the endpoint first" in words
    else:
        assert build(repository)["pipeline_name"]


def test_rules_of_approval_that_cannot_be_met_are_refused_at_once(repository: Repository) -> None:
    repository.render(stages=stages(approvals={"review": {"hours": "soon"}}))

    assert "approvals.review.hours" in refused(repository, errors.InvalidSettingsError)


def test_a_refused_commit_stores_nothing(repository: Repository) -> None:
    repository.files[f"{FOLDER}/parameters.yaml"] = b"eta: 0.3\n"
    refused(repository, errors.StaleDefinitionError)

    assert objects.listing(BUCKET, "code/") == {}
    assert objects.listing(BUCKET, "definitions/") == {}


def test_a_commit_that_is_no_longer_the_head_gives_way(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers.Providers, "head", lambda *_: "d" * 40)

    words = refused(repository, errors.BuildSupersededError)

    assert "dddddddddd" in words


def test_a_folder_may_be_written_with_slashes_around_it(repository: Repository) -> None:
    assert build(repository, pipeline_folder=f"/{FOLDER}/")["commit_id"] == COMMIT
