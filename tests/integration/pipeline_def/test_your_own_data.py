"""docs/your-own-data.md, followed: a project by parameters.yaml alone; and the second project."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.by_hand import ROOT, Run, StepFailedError
from pipeline_def import project, rendered
from pipeline_def.checking import ProjectError
from pipeline_def.datasets import abalone, subscribers

from .conftest import new_run, report, serve

PAGE = (ROOT / "docs" / "your-own-data.md").read_text(encoding="utf-8")


def block(language: str, holding: str) -> str:
    """Return the code block of the page that is in `language` and holds a text."""
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return next(text for text in found if holding in text)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> project.Project:
    """The page's project in an otherwise empty pipeline_def."""
    root = tmp_path_factory.mktemp("repository") / "pipeline_def"
    (root / "subscribers").mkdir(parents=True)
    (root / "subscribers" / "parameters.yaml").write_text(block("yaml", "customerID"))
    shutil.copy(ROOT / "pipeline_def" / "stages.yaml", root)
    return project.load(root / "subscribers")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's table, made as its command says."""
    words = shlex.split(block("sh", "datasets.subscribers"))
    path = tmp_path_factory.mktemp("data") / words[words.index("--out") + 1]
    subscribers.write(path, rows=int(words[words.index("--rows") + 1]), seed=7)
    return path


def test_the_pages_settings_are_all_that_a_new_table_needs(
    own: project.Project, table: Path, tmp_path: Path
) -> None:
    run = Run(tmp_path, own)
    figures = run.all(table)

    assert all(figures[name] >= bound["min"] for name, bound in own.parameters["gate"].items())
    assert set(report(run)["segments"]) == {"Contract", "InternetService"}
    assert own.stages["staging"]["endpoint"] == {
        "serverless": {"memory_mb": 2048, "max_concurrency": 5}
    }
    answer = serve(run, "text/csv", (run.home / "golden/requests.csv").read_text(), "text/csv")
    assert answer["status"] == 200


def test_the_pages_example_of_a_fault_is_what_the_check_says(
    own: project.Project, table: Path, tmp_path: Path
) -> None:
    lines = table.read_text().splitlines()
    fields = lines[11].split(",")
    fields[-2] = "n/a"
    broken = tmp_path / "subscribers.csv"
    broken.write_text("\n".join([*lines[:11], ",".join(fields), *lines[12:]]))

    with pytest.raises(StepFailedError) as refusal:
        Run(tmp_path / "run", own).check(broken)

    assert f"\n{refusal.value}\n" in PAGE


def test_the_pages_example_of_a_typo_is_what_rendering_says(tmp_path: Path) -> None:
    folder = tmp_path / "pipeline_def" / "subscribers"
    folder.mkdir(parents=True)
    settings = block("yaml", "customerID")
    (folder / "parameters.yaml").write_text(settings.replace("max_depth:", "max_dept:"))

    with pytest.raises(ProjectError) as refusal:
        project.load(folder)

    assert f"\n{refusal.value}\n" in PAGE


def test_a_table_whose_values_have_brackets_and_signs_is_learnt_from(
    own: project.Project, table: Path, tmp_path: Path
) -> None:
    signs = tmp_path / "subscribers.csv"
    text = table.read_text().replace("Month-to-month", "<1 year")
    signs.write_text(text.replace("Two year", "[2 years]"))
    run = Run(tmp_path / "run", own)
    run.all(signs)

    assert set(report(run)["segments"]["Contract"]) == {"<1 year", "One year", "[2 years]"}
    answer = serve(run, "text/csv", (run.home / "golden/requests.csv").read_text(), "text/csv")
    assert answer["status"] == 200


def test_the_build_finds_everything_for_a_project_of_settings_alone(own: project.Project) -> None:
    described: Any = rendered.code(own)

    assert described["CheckDataCode"]["settings"]["project"] == "subscribers"
    assert described["CheckDataCode"]["settings"]["label"]["positive"] == ["Yes"]


def test_a_regression_without_a_header_runs_by_the_same_scripts(tmp_path: Path) -> None:
    data = tmp_path / "abalone.csv"
    abalone.write(data, rows=2000, seed=7)
    run = new_run(tmp_path / "run", "abalone")

    figures = run.all(data)

    assert figures["mse"] <= run.project.parameters["gate"]["mse"]["max"]
    assert figures["mse"] < report(run)["baseline"]["mean"]["mse"] / 2
    answer = serve(run, "text/csv", "M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15", "text/csv")
    assert 5 < float(answer["body"]) < 15


def test_the_shells_are_refused_under_the_settings_of_churn(tmp_path: Path) -> None:
    data = tmp_path / "abalone.csv"
    abalone.write(data, rows=200, seed=7)

    with pytest.raises(StepFailedError, match=r"^abalone\.csv, line 1 is not the header of this"):
        new_run(tmp_path / "run").check(data)
