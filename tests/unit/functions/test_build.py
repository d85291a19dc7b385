"""A commit becomes a pipeline: fresh or refused, the same bytes under the same address."""

import gzip
import hashlib
import io
import json
import tarfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import build
from domain.errors import InvalidSettingsError, StaleDefinitionError
from tests.support.stage_settings import stages

FOLDER = "pipeline_def/churn"
FILES = {"steps/train.py": b"print(1)\n", "steps/features.py": b"x = 1\n", "parameters.yaml": b"a"}
DEFINITION = json.dumps(
    {"Version": "2020-12-01", "Metadata": {"slipway": {"sources_digest": "d"}},
     "Parameters": [{"Name": name, "Type": "String"} for name in ("CommitId", "TrainCode")],
     "Steps": []}
).encode()  # fmt: skip


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def document(**other: Any) -> dict[str, Any]:
    code = {"layout": "prefix", "files": {"train.py": "steps/train.py"}, "settings": {"eta": 0.2}}
    return {
        "format": 1, "project": "churn", "problem": "binary_classification",
        "sources": {"digest": "d", "files": {p: sha(c) for p, c in FILES.items()}},
        "settings_digest": "s", "definition_sha256": sha(DEFINITION),
        "code": {"TrainCode": code}, "stages": stages(),
        "images": {"XGBoostImage": {"us-east-1": "image-1", "eu-west-1": "image-2"}},
        **other,
    }  # fmt: skip


def rendered(**other: Any) -> build.Rendered:
    return build.parse_rendered(FOLDER, json.dumps(document(**other)).encode())


def test_every_file_that_is_read_is_named_once() -> None:
    assert rendered().files == sorted(FILES)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b"null", b'{"format": 1}', b"\xff\xfe", b'{"format": 2}']
)
def test_something_that_is_no_rendering_of_ours_is_refused_with_the_mend(content: bytes) -> None:
    with pytest.raises(StaleDefinitionError, match="make pipeline"):
        build.parse_rendered(FOLDER, content)


@pytest.mark.parametrize("missing", sorted(document()))
def test_a_rendering_without_one_of_its_parts_is_refused(missing: str) -> None:
    part = document()
    del part[missing]

    with pytest.raises(StaleDefinitionError, match=f"{FOLDER}/rendered.json"):
        build.parse_rendered(FOLDER, json.dumps(part).encode())


def test_a_fresh_definition_passes() -> None:
    build.check_fresh(FOLDER, rendered(), DEFINITION, FILES)


def test_a_definition_that_was_edited_by_hand_is_stale() -> None:
    with pytest.raises(StaleDefinitionError, match=r"pipeline\.json is not the one"):
        build.check_fresh(FOLDER, rendered(), DEFINITION + b" ", FILES)


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_source_that_changed_after_rendering_is_named(path: str) -> None:
    changed = FILES | {path: FILES[path] + b"\n"}

    with pytest.raises(StaleDefinitionError, match=f"{path} changed after"):
        build.check_fresh(FOLDER, rendered(), DEFINITION, changed)


def test_a_stage_that_no_release_could_use_refuses_the_commit() -> None:
    with pytest.raises(InvalidSettingsError, match=r"production\.rollout"):
        build.check_settings(rendered(stages=stages(production={"rollout": {"type": "x"}})))


def test_an_image_is_that_of_the_region() -> None:
    assert build.image_parameters(rendered(), "eu-west-1") == {"XGBoostImage": "image-2"}


def test_an_unknown_region_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidSettingsError, match=r"mars-1; known are eu-west-1, us-east-1"):
        build.image_parameters(rendered(), "mars-1")


def _bundle(
    files: dict[str, bytes], settings: dict[str, Any], layout: str = "prefix"
) -> build.Bundle:
    code = {"layout": layout, "files": {"train.py": "steps/train.py"}, "settings": settings}
    (found,) = build.bundles(rendered(code={"TrainCode": code}), files)
    return found


def test_code_lies_under_its_digest_with_its_settings() -> None:
    found = _bundle(FILES, {"eta": 0.2})

    assert found.objects[f"{found.uri_key}/train.py"] == FILES["steps/train.py"]
    assert json.loads(found.objects[f"{found.uri_key}/settings.json"]) == {"eta": 0.2}


def test_the_same_code_has_the_same_address_and_other_code_or_settings_another() -> None:
    same = _bundle(FILES, {"a": 1, "b": 2})

    assert same.uri_key == _bundle(FILES, {"b": 2, "a": 1}).uri_key
    assert same.uri_key != _bundle(FILES, {"a": 1, "b": 3}).uri_key
    other = FILES | {"steps/train.py": b"print(2)\n"}
    assert same.uri_key != _bundle(other, {"a": 1, "b": 2}).uri_key


def test_a_change_of_a_file_that_a_step_does_not_use_leaves_its_address() -> None:
    """So that step caching skips what did not change."""
    other = FILES | {"steps/features.py": b"x = 2\n"}

    assert _bundle(FILES, {}).uri_key == _bundle(other, {}).uri_key


def test_a_source_archive_is_the_same_bytes_each_time_and_holds_the_files() -> None:
    one, two = (_bundle(FILES, {"a": 1}, "sourcedir") for _ in range(2))

    assert one == two
    ((key, content),) = one.objects.items()
    assert key == one.uri_key
    assert key.endswith("/sourcedir.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as archive:
        assert sorted(archive.getnames()) == ["settings.json", "train.py"]


def test_sagemaker_gets_the_definition_without_our_notes() -> None:
    sent = json.loads(build.pipeline_definition(DEFINITION, {}))

    assert sent["Metadata"] == {}
    assert sent["Parameters"] == json.loads(DEFINITION)["Parameters"]


def test_what_the_build_knows_becomes_a_default_and_the_rest_comes_with_the_run() -> None:
    definition = {
        "Metadata": {"slipway": {}}, "Steps": [],
        "Parameters": [{"Name": "MonitorCode", "Type": "String"},
                       {"Name": "ChampionVersion", "Type": "String"}],
    }  # fmt: skip
    values = {"MonitorCode": "s3://code", "CommitId": "c"}
    said = json.loads(build.with_defaults(json.dumps(definition).encode(), values))

    assert said["Metadata"] == {}
    assert said["Parameters"] == [
        {"Name": "MonitorCode", "Type": "String", "DefaultValue": "s3://code"},
        {"Name": "ChampionVersion", "Type": "String"},
    ]


def test_who_starts_the_pipeline_by_hand_says_which_data_it_is() -> None:
    names = ("CommitId", "DataDigest")
    definition = {"Parameters": [{"Name": name, "Type": "String"} for name in names]}
    values = dict.fromkeys(names, "v")

    sent = json.loads(build.pipeline_definition(json.dumps(definition).encode(), values))

    assert sent["Parameters"] == [
        {"Name": "CommitId", "Type": "String", "DefaultValue": "v"},
        {"Name": "DataDigest", "Type": "String"},
    ]


def test_only_declared_parameters_are_sent() -> None:
    found = build.pipeline_parameters(DEFINITION, {"CommitId": "c", "Unknown": "x"})

    assert found == [{"Name": "CommitId", "Value": "c"}]


KEYS = st.dictionaries(
    st.text("abc/.", min_size=1, max_size=8), st.text("0af", min_size=1, max_size=8)
)


@given(KEYS, KEYS)
def test_other_data_has_another_digest_whatever_the_order(
    one: dict[str, str], two: dict[str, str]
) -> None:
    assert build.data_digest(one) == build.data_digest(dict(reversed(one.items())))
    assert (build.data_digest(one) == build.data_digest(two)) == (one == two)
