"""The committed pipeline.json and rendered.json: fresh, free of any account, and right for AWS."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from domain.stages import parse_stages
from localcloud.sagemaker.pipelines.conditions import holds
from pipeline_def import project, render, rendered
from pipeline_def.rendered import DEFINITIONS, MONITOR_PARAMETERS, PARAMETERS

ROOT = Path(__file__).parents[2]
PROJECTS = [path.name for path in project.find(ROOT / "pipeline_def")]
MODEL = botocore.session.get_session().get_service_model("sagemaker")
OPERATION = {
    "Processing": ("CreateProcessingJob", {"ProcessingJobName": "job"}),
    "Training": ("CreateTrainingJob", {"TrainingJobName": "job"}),
    "RegisterModel": ("CreateModelPackage", {}),
}


def definition(name: str, file: str = "pipeline.json") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(text(name, file))
    return content


def text(name: str, file: str = "pipeline.json") -> str:
    return (ROOT / "pipeline_def" / name / file).read_text(encoding="utf-8")


def steps(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all steps, those inside conditions too."""
    for step in content["Steps"]:
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from steps({"Steps": step.get("Arguments", {}).get(branch, [])})


def expressions(value: Any) -> Iterator[str]:
    """Yield what each {"Get": …} in a definition refers to."""
    if isinstance(value, dict):
        if set(value) == {"Get"}:
            yield value["Get"]
        for item in value.values():
            yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


def resolved(value: Any) -> Any:
    """Return arguments as a job would get them: text in place of each expression."""
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Get"}:
        role = "arn:aws:iam::123456789012:role/pipeline"
        return role if value["Get"] == "Parameters.ExecutionRoleArn" else "s3://bucket/key"
    if set(value) == {"Std:Join"}:
        return value["Std:Join"]["On"].join(
            str(resolved(item)) for item in value["Std:Join"]["Values"]
        )
    return {key: resolved(item) for key, item in value.items()}


@pytest.mark.parametrize("name", PROJECTS)
def test_the_committed_files_belong_to_their_sources(name: str) -> None:
    assert render.check(project.load(ROOT / "pipeline_def" / name)) == ""


@pytest.mark.parametrize("file", DEFINITIONS)
@pytest.mark.parametrize("name", PROJECTS)
def test_the_definition_names_no_account_region_bucket_or_role(name: str, file: str) -> None:
    content = text(name, file)

    assert not re.search(r"\b\d{12}\b", content)
    assert not re.search(r"\b(us|eu|ap|sa|ca|me|af|il|mx|cn)-[a-z]+-\d\b", content)
    assert "arn:" not in content
    assert "s3://" not in content
    assert '""' not in content  # an empty SAGEMAKER_PROGRAM would serve an empty module
    assert "null" not in content


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("pipeline.json", ["CheckData", "Preprocess", "Train", "Evaluate", "Register"]),
        ("monitor.json", ["Monitor"]),
    ],
)
@pytest.mark.parametrize("name", PROJECTS)
def test_the_arguments_of_each_step_fit_the_job_that_it_makes(
    name: str, file: str, names: list[str]
) -> None:
    checked = []
    for step in steps(definition(name, file)):
        if step["Type"] not in OPERATION:
            continue
        operation, added = OPERATION[step["Type"]]
        shape = MODEL.operation_model(operation).input_shape
        report = ParamValidator().validate({**resolved(step["Arguments"]), **added}, shape)
        assert not report.has_errors(), f"{step['Name']}: {report.generate_report()}"
        checked.append(step["Name"])
    assert checked == names


@pytest.mark.parametrize("name", PROJECTS)
def test_the_monitor_reads_the_files_of_a_manifest_and_is_never_taken_from_a_cache(
    name: str,
) -> None:
    content = definition(name, "monitor.json")
    (step,) = content["Steps"]
    kinds = {
        one["InputName"]: one["S3Input"]["S3DataType"]
        for one in step["Arguments"]["ProcessingInputs"]
    }

    assert kinds == {"code": "S3Prefix", "capture": "ManifestFile", "baseline": "S3Prefix"}
    assert "CacheConfig" not in step
    assert {one["Name"] for one in content["Parameters"]} == {
        *MONITOR_PARAMETERS,
        "ProcessingInstanceType",
    }
    used = {one.removeprefix("Parameters.") for one in expressions(content["Steps"])}
    assert set(MONITOR_PARAMETERS) <= used


@pytest.mark.parametrize("name", PROJECTS)
def test_every_reference_leads_to_a_parameter_or_an_earlier_step(name: str) -> None:
    content = definition(name)
    parameters = {parameter["Name"] for parameter in content["Parameters"]}
    outputs: dict[str, set[str]] = {}
    for step in steps(content):
        for expression in expressions(step["Arguments"]):
            kind, target, *_ = expression.split(".")
            if kind == "Parameters":
                assert target in parameters
            elif kind == "Steps" and step["Type"] != "Condition":
                assert target in outputs, f"{step['Name']} refers to {expression}"
                named = re.search(r"Outputs\['(.+?)'\]", expression)
                assert not named or named[1] in outputs[target]
        config = step["Arguments"].get("ProcessingOutputConfig", {})
        outputs[step["Name"]] = {output["OutputName"] for output in config.get("Outputs", [])}
    assert parameters >= set(PARAMETERS)


@pytest.mark.parametrize("name", PROJECTS)
def test_the_commit_is_known_to_the_registration_alone(name: str) -> None:
    """Else a commit that changes nothing would miss the cache of every step."""
    using = {
        step["Name"]
        for step in steps(definition(name))
        if step["Type"] != "Condition"
        and {"Parameters.CommitId", "Parameters.Branch"} & set(expressions(step))
    }

    assert using == {"Register"}


@pytest.mark.parametrize("name", PROJECTS)
def test_the_champion_is_known_to_the_check_the_evaluation_and_the_registration(name: str) -> None:
    """Another champion must not train again."""
    champion = {
        "Parameters.ChampionVersion",
        "Parameters.ChampionModelUri",
        "Parameters.ChampionStatisticsUri",
    }
    using = {
        step["Name"]
        for step in steps(definition(name))
        if step["Type"] != "Condition" and champion & set(expressions(step))
    }

    assert using == {"CheckData", "Evaluate", "Register"}


@pytest.mark.parametrize("name", PROJECTS)
def test_no_condition_is_inside_another(name: str) -> None:
    """SageMaker does not take that."""
    for step in definition(name)["Steps"]:
        inside = [step["Arguments"].get(branch, []) for branch in ("IfSteps", "ElseSteps")]
        assert "Condition" not in [inner["Type"] for branch in inside for inner in branch]


@pytest.mark.parametrize("name", PROJECTS)
@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("worse", [True, False])
def test_a_run_has_exactly_one_outcome(name: str, good: bool, worse: bool) -> None:
    content = definition(name)
    gate = project.load(ROOT / "pipeline_def" / name).parameters["gate"]
    lower = {figure for figure, bound in gate.items() if "max" in bound}

    def figure(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        path = value["Std:JsonGet"]["Path"]
        if path == "challenge.shortfall":
            return 1.0 if worse else 0.0
        return 0.0 if good == (path.split(".")[-2] in lower) else 1e9

    reached = []
    for step in content["Steps"]:
        if step["Type"] == "Condition":
            met = all(holds(one, figure) for one in step["Arguments"]["Conditions"])
            reached += step["Arguments"]["IfSteps" if met else "ElseSteps"]
    wanted = "NotGoodEnough" if not good else "ChallengerNotBetter" if worse else "Register"
    assert [step["Name"] for step in reached] == [wanted]


@pytest.mark.parametrize("name", PROJECTS)
def test_jobs_are_cached_retried_and_tagged(name: str) -> None:
    for step in steps(definition(name)):
        if step["Type"] in ("Processing", "Training"):
            assert step["CacheConfig"] == {"Enabled": True, "ExpireAfter": "P30D"}
            assert [tag["Key"] for tag in step["Arguments"]["Tags"]] == [
                "sagemaker:project-name",
                "sagemaker:project-id",
            ]
            exceptions = [
                kind for policy in step["RetryPolicies"] for kind in policy["ExceptionType"]
            ]
            assert "Step.THROTTLING" in exceptions
            assert "SageMaker.CAPACITY_ERROR" in exceptions


@pytest.mark.parametrize("name", PROJECTS)
def test_the_code_table_names_every_code_parameter_and_existing_files(name: str) -> None:
    description = json.loads(text(name, "rendered.json"))
    parameters = {
        parameter["Name"]
        for file in DEFINITIONS
        for parameter in definition(name, file)["Parameters"]
    }

    assert set(description["code"]) == {key for key in parameters if key.endswith("Code")}
    for entry in description["code"].values():
        for script, source in entry["files"].items():
            assert (ROOT / source).name == script
            assert (ROOT / source).is_file()
            assert source not in description["sources"]["files"]


@pytest.mark.parametrize("name", PROJECTS)
def test_each_script_is_packed_with_all_that_it_imports(name: str) -> None:
    folder = ROOT / project.STEPS_FOLDER
    ours = {path.stem for path in folder.glob("*.py")}
    for parameter, entry in json.loads(text(name, "rendered.json"))["code"].items():
        packed = {Path(script).stem for script in entry["files"]}
        for script in packed:
            source = (folder / f"{script}.py").read_text(encoding="utf-8")
            imported = set(re.findall(r"^\s*(?:from|import) (\w+)", source, re.MULTILINE))
            assert imported & ours <= packed, f"{parameter}: {script}.py"


@pytest.mark.parametrize("name", PROJECTS)
def test_every_region_has_the_pinned_image(name: str) -> None:
    images = json.loads(text(name, "rendered.json"))["images"]["XGBoostImage"]

    assert len(images) > 25
    for region, uri in images.items():
        assert re.fullmatch(rf"\d{{12}}\.dkr\.ecr\.{region}\.[\w.-]+/sagemaker-xgboost:3\.0-5", uri)


@pytest.mark.parametrize("name", PROJECTS)
def test_a_release_can_use_the_rendered_stages(name: str) -> None:
    parse_stages(json.loads(text(name, "rendered.json"))["stages"])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of pipeline_def in another repository's root."""
    shutil.copytree(
        ROOT / "pipeline_def",
        tmp_path / "pipeline_def",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return tmp_path


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("churn/parameters.yaml", "pipeline_def/churn/parameters.yaml changed since"),
        ("churn/stages.yaml", "pipeline_def/churn/stages.yaml changed since"),
        ("tabular.py", "pipeline_def/tabular.py changed since"),
        ("churn/pipeline.json", "pipeline.json was changed by hand"),
        ("churn/monitor.json", "monitor.json was changed by hand"),
    ],
)
def test_a_changed_file_makes_the_rendering_stale(copy: Path, path: str, reason: str) -> None:
    changed = copy / "pipeline_def" / path
    changed.write_text(changed.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    assert list(rendered.stale(copy, project.load(copy / "pipeline_def" / "churn"))) == [reason]


def test_a_changed_step_script_needs_no_rendering(copy: Path) -> None:
    """`build` packs it as it is in the commit; its content decides the address of its code."""
    changed = copy / "pipeline_def" / "steps" / "evaluate.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    assert list(rendered.stale(copy, project.load(copy / "pipeline_def" / "churn"))) == []


def test_a_setting_changed_in_rendered_json_alone_is_noticed(copy: Path) -> None:
    path = copy / "pipeline_def" / "churn" / "rendered.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["code"]["CheckDataCode"]["settings"]["checks"]["min_rows"] = 1
    path.write_bytes(rendered.text(content))

    assert list(rendered.stale(copy, project.load(path.parent))) == [
        "rendered.json was changed by hand"
    ]


def test_the_check_ends_with_code_1_and_says_what_to_run(copy: Path) -> None:
    (copy / "pipeline_def" / "churn" / "pipeline.json").unlink()

    done = subprocess.run(
        [sys.executable, "-m", "pipeline_def.render", "--check", "churn"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == "churn: stale (pipeline.json is missing): run make pipeline\n"


def test_an_unknown_project_is_one_clear_line(copy: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline_def.render", "--check", "churm"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.endswith("churm is no project: it has no parameters.yaml\n")
    assert done.stderr.count("\n") == 1
