"""What a commit must hold to be built, and where the code of its steps goes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from domain import build
from domain.errors import StaleDefinitionError

ROOT = Path(__file__).parents[3]
CHURN = ROOT / "pipeline_def" / "churn"
FOLDER = "pipeline_def/churn"
DEFINITION = (CHURN / "pipeline.json").read_bytes()


@pytest.fixture
def rendered() -> build.Rendered:
    return build.parse_rendered(FOLDER, (CHURN / "rendered.json").read_bytes())


@pytest.fixture
def files(rendered: build.Rendered) -> dict[str, bytes]:
    return {path: (ROOT / path).read_bytes() for path in rendered.files}


def test_the_repositorys_own_commit_is_fresh(
    rendered: build.Rendered, files: dict[str, bytes]
) -> None:
    build.check_fresh(FOLDER, rendered, DEFINITION, files)


@pytest.mark.parametrize("path", ["churn/parameters.yaml", "churn/stages.yaml", "tabular.py"])
def test_a_source_that_changed_after_rendering_is_refused_with_the_mend(
    rendered: build.Rendered, files: dict[str, bytes], path: str
) -> None:
    files[f"pipeline_def/{path}"] += b"\n"

    with pytest.raises(StaleDefinitionError, match=rf"{path} changed after .*: run make pipeline"):
        build.check_fresh(FOLDER, rendered, DEFINITION, files)


def test_a_changed_step_script_is_fresh_and_moves_only_the_code_of_the_steps_that_run_it(
    rendered: build.Rendered, files: dict[str, bytes]
) -> None:
    before = {bundle.parameter: bundle.uri_key for bundle in build.bundles(rendered, files)}
    files["pipeline_def/steps/evaluate.py"] += b"\n"
    build.check_fresh(FOLDER, rendered, DEFINITION, files)
    after = {bundle.parameter: bundle.uri_key for bundle in build.bundles(rendered, files)}

    assert {name for name in before if before[name] != after[name]} == {"EvaluateCode"}


def test_a_definition_that_is_not_the_rendered_one_is_refused(
    rendered: build.Rendered, files: dict[str, bytes]
) -> None:
    with pytest.raises(StaleDefinitionError, match=r"not the one that rendered\.json describes"):
        build.check_fresh(FOLDER, rendered, DEFINITION + b"\n", files)


def test_changed_settings_of_a_step_move_its_code(
    rendered: build.Rendered, files: dict[str, bytes]
) -> None:
    code = json.loads(json.dumps(rendered.code))
    code["EvaluateCode"]["settings"]["challenge"]["margin"] = 0.5
    keys = [
        {bundle.parameter: bundle.uri_key for bundle in build.bundles(one, files)}
        for one in (rendered, replace(rendered, code=code))
    ]

    assert {name for name in keys[0] if keys[0][name] != keys[1][name]} == {"EvaluateCode"}
