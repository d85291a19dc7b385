"""The pipeline of a table: check data → preprocess → train → evaluate → good enough? → register.

Every project uses it (pipeline_def/<project>/pipeline.py), with its own parameters.yaml. A project
that wants another step adds it there, or writes its own wiring with `sdk.Wiring`.
"""

from typing import Any

from sagemaker.core.workflow.conditions import (
    ConditionGreaterThanOrEqualTo,
    ConditionLessThanOrEqualTo,
)
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline

from pipeline_def.project import Project
from pipeline_def.rendered import PARAMETERS
from pipeline_def.sdk import Wiring, output_uri

DEFAULTS = {"ProcessingInstanceType": "ml.m5.large", "TrainingInstanceType": "ml.m5.large"}


def tabular_pipeline(project: Project) -> Pipeline:
    """Return the SDK's pipeline of one project."""
    parameters = {name: ParameterString(name=name) for name in PARAMETERS}
    for name, default in DEFAULTS.items():
        parameters[name] = ParameterString(name=name, default_value=default)
    wiring = Wiring(parameters)
    data = {"data": parameters["InputDataUri"]}

    check = wiring.processing("CheckData", "check_data.py", data, ["statistics"])
    preprocess = wiring.processing(
        "Preprocess", "preprocess.py", data, ["train", "validation", "test"], depends_on=[check]
    )
    train = wiring.training(
        "Train",
        "train.py",
        project.parameters["training"],
        {name: output_uri(preprocess, name) for name in ("train", "validation")},
    )
    quality = PropertyFile(name="Quality", output_name="evaluation", path="evaluation.json")
    evaluate = wiring.processing(
        "Evaluate",
        "evaluate.py",
        {
            "model": train.properties.ModelArtifacts.S3ModelArtifacts,
            "train": output_uri(preprocess, "train"),
            "test": output_uri(preprocess, "test"),
        },
        ["evaluation", "golden"],
        property_files=[quality],
    )
    register = wiring.register(
        "Register",
        model=train.properties.ModelArtifacts.S3ModelArtifacts,
        statistics=Join(on="/", values=[output_uri(evaluate, "evaluation"), "evaluation.json"]),
        metadata={
            "commit": parameters["CommitId"],
            "branch": parameters["Branch"],
            "repository": parameters["Repository"],
            "project": parameters["ProjectName"],
            "data_digest": parameters["DataDigest"],
            "settings_digest": parameters["SettingsDigest"],
            "statistics_uri": output_uri(check, "statistics"),
            "evaluation_uri": output_uri(evaluate, "evaluation"),
            "golden_uri": output_uri(evaluate, "golden"),
            "pipeline_execution_arn": ExecutionVariables.PIPELINE_EXECUTION_ARN,
        },
    )
    gate = {figure: _figure(project, quality, figure) for figure in project.parameters["gate"]}
    refuse = FailStep(name="NotGoodEnough", error_message=_verdict(project, gate))
    good = ConditionStep(
        name="GoodEnough",
        conditions=[_condition(project, figure, value) for figure, value in gate.items()],
        if_steps=[register],
        else_steps=[refuse],
    )
    return Pipeline(
        name=project.name,
        parameters=list(parameters.values()),
        steps=[check, preprocess, train, evaluate, good],
        sagemaker_session=wiring.session,
        pipeline_experiment_config=None,
        pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=False),
    )


def _figure(project: Project, quality: PropertyFile, figure: str) -> JsonGet:
    path = f"{project.problem.removesuffix('_classification')}"
    kind = "regression_metrics" if path == "regression" else "binary_classification_metrics"
    return JsonGet(step_name="Evaluate", property_file=quality, json_path=f"{kind}.{figure}.value")


def _condition(project: Project, figure: str, value: JsonGet) -> Any:
    bound = project.parameters["gate"][figure]
    if "min" in bound:
        return ConditionGreaterThanOrEqualTo(left=value, right=float(bound["min"]))
    return ConditionLessThanOrEqualTo(left=value, right=float(bound["max"]))


def _verdict(project: Project, gate: dict[str, JsonGet]) -> Join:
    """Return the failure's sentence: each figure beside what it had to reach."""
    parts: list[Any] = ["The model is not good enough:"]
    for figure, value in gate.items():
        bound = project.parameters["gate"][figure]
        words = f"at least {bound['min']}" if "min" in bound else f"at most {bound['max']}"
        parts += [figure, value, f"({words})"]
    return Join(on=" ", values=parts)
