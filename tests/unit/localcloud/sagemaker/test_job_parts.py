"""The pure parts of jobs: names of objects, script mode's arguments and variables, batches."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from localcloud.sagemaker.jobs import archive, toolkit
from localcloud.sagemaker.jobs.container import Container
from localcloud.sagemaker.jobs.images import ImageNotStoodInError, interpreter
from localcloud.sagemaker.jobs.transfer import TransferError, relative, split_uri
from localcloud.sagemaker.jobs.transform_run import batches
from tests.unit.localcloud.sagemaker.conftest import Desk

Doc = dict[str, Any]


@pytest.mark.parametrize(
    ("key", "prefix", "path"),
    [
        ("data/a.csv", "data", "a.csv"),
        ("data/a.csv", "data/", "a.csv"),
        ("data/a.csv", "data/a.csv", "a.csv"),
        ("data/deep/a.csv", "data", "deep/a.csv"),
        ("data/train/b.csv", "data/tr", "train/b.csv"),
        ("a.csv", "", "a.csv"),
        ("data//etc/passwd", "data/", "etc/passwd"),
    ],
)
def test_an_object_lands_where_sagemaker_puts_it(key: str, prefix: str, path: str) -> None:
    assert relative(key, prefix) == path


def test_an_address_is_split_into_bucket_and_key() -> None:
    assert split_uri("s3://b/a key/x#1?.csv") == ("b", "a key/x#1?.csv")
    with pytest.raises(TransferError, match="Invalid S3 URI"):
        split_uri("https://b/x")


def test_arguments_are_sorted_and_short_names_have_one_dash() -> None:
    given = {"max_depth": "5", "a": "x", "eta": "0.1", "flag": "true", "words": '"b c"'}
    assert toolkit.arguments(toolkit.decode(given)) == [
        "-a", "x", "--eta", "0.1", "--flag", "True", "--max_depth", "5", "--words", "b c",
    ]  # fmt: skip


def training_job() -> Doc:
    source = {"DataSource": {"S3DataSource": {"S3Uri": "s3://b/x", "S3DataType": "S3Prefix"}}}
    return {
        "TrainingJobName": "job",
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"InstanceType": "ml.m5.large"},
        "InputDataConfig": [{"ChannelName": "train", "ContentType": "text/csv", **source}],
    }


def test_a_script_finds_what_the_toolkit_tells_it() -> None:
    found = toolkit.variables(training_job(), {"max_depth": 5}, "train.py", ["train"], "us-east-1")
    assert found["SM_MODEL_DIR"] == "/opt/ml/model"
    assert found["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert found["SM_HP_MAX_DEPTH"] == "5"
    assert json.loads(found["SM_HPS"]) == {"max_depth": 5}
    assert json.loads(found["SM_CHANNELS"]) == ["train"]
    assert json.loads(found["SM_USER_ARGS"]) == ["--max_depth", "5"]
    assert json.loads(found["SM_TRAINING_ENV"])["module_name"] == "train"
    assert json.loads(found["SM_INPUT_DATA_CONFIG"])["train"]["TrainingInputMode"] == "File"


def test_no_hyperparameter_of_the_toolkit_reaches_the_script() -> None:
    assert "sagemaker_program" in toolkit.OWN
    assert "sagemaker_submit_directory" in toolkit.OWN


def batch(strategy: str | None = None, limit: int = 6, split: str = "Line") -> Doc:
    found: Doc = {"TransformInput": {"SplitType": split}, "MaxPayloadInMB": limit}
    return {**found, "BatchStrategy": strategy} if strategy else found


def test_batches_follow_split_strategy_and_size() -> None:
    assert list(batches(batch(split="None"), b"1\n2\n")) == [b"1\n2\n"]
    assert list(batches(batch("SingleRecord"), b"1\n2")) == [b"1\n", b"2"]
    assert list(batches(batch(), b"1\n2\n")) == [b"1\n2\n"]
    row = b"x" * 600_000 + b"\n"
    assert [len(part) // len(row) for part in batches(batch(limit=1), row * 3)] == [1, 1, 1]


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    packed = []
    for name in ("one", "two"):
        (tmp_path / name / "b").mkdir(parents=True)
        (tmp_path / name / "b" / "x").write_text("1")
        (tmp_path / name / "a").write_text("2")
        packed.append(archive.pack(tmp_path / name))
    assert packed[0] == packed[1]
    assert archive.pack(tmp_path / "one" / "nothing") is None


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "link", "link")
    with pytest.raises(tarfile.TarError, match="link"):
        archive.unpack(tmp_path / "x.tar.gz", tmp_path)


def test_the_images_that_are_stood_in_for(desk: Desk) -> None:
    account = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
    for image in (
        f"{account}/sagemaker-xgboost:3.0-5",
        f"{account}/sagemaker-xgboost:3.0-5-cpu-py3",
    ):
        assert interpreter(desk.svc.context, f"{account}/{image}") == desk.svc.context.image_python
    for image in ("sagemaker-xgboost:1.7-1", "my-sagemaker-xgboost:3.0-5"):
        with pytest.raises(ImageNotStoodInError, match=r"sagemaker-xgboost:3\.0-5 only"):
            interpreter(desk.svc.context, f"{account}/{image}")


def test_only_whole_path_parts_are_rewritten(tmp_path: Path) -> None:
    container = Container(tmp_path, Path("python"), namespace=False)
    given = {"a": ["--model", "/opt/ml/model"], "b": "x=/opt/ml;y=/opt/ml2/z", "c": 3}
    ml = str(tmp_path / "ml")
    assert container.localize(given) == {
        "a": ["--model", f"{ml}/model"], "b": f"x={ml};y=/opt/ml2/z", "c": 3,
    }  # fmt: skip
    assert container.delocalize(f"no {ml}/x") == "no /opt/ml/x"
