"""The pipeline of a table: check data → preprocess → train → evaluate → good enough? → register.

Every project uses it (pipeline_def/<project>/pipeline.py), with its own parameters.yaml. A project
that wants another step adds it there, or writes its own wiring with `sdk.Wiring`.
"""

from collections.abc import Mapping
from typing import Any

from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.mlops.workflow.pipeline import Pipeline

from pipeline_def.outcomes import QUALITY, REPORT, outcomes
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
    data = parameters["InputDataUri"]
    check = wiring.processing(
        "CheckData",
        "check_data.py",
        {"data": data, "baseline": parameters["ChampionStatisticsUri"]},
        ["statistics"],
    )
    preprocess = wiring.processing(
        "Preprocess",
        "preprocess.py",
        {"data": data},
        ["train", "validation", "test"],
        depends_on=[check],
    )
    train = wiring.training(
        "Train",
        "train.py",
        project.parameters["training"],
        {name: output_uri(preprocess, name) for name in ("train", "validation")},
    )
    evaluate = wiring.processing(
        "Evaluate",
        "evaluate.py",
        {
            "model": train.properties.ModelArtifacts.S3ModelArtifacts,
            "train": output_uri(preprocess, "train"),
            "test": output_uri(preprocess, "test"),
            "champion": parameters["ChampionModelUri"],
        },
        ["evaluation", "golden"],
        property_files=[QUALITY, REPORT],
    )
    register = wiring.register(
        "Register",
        model=train.properties.ModelArtifacts.S3ModelArtifacts,
        statistics=Join(on="/", values=[output_uri(evaluate, "evaluation"), "evaluation.json"]),
        metadata={
            **_origin(parameters),
            "statistics_uri": output_uri(check, "statistics"),
            "evaluation_uri": output_uri(evaluate, "evaluation"),
            "golden_uri": output_uri(evaluate, "golden"),
        },
    )
    return Pipeline(
        name=project.name,
        parameters=list(parameters.values()),
        steps=[check, preprocess, train, evaluate, *outcomes(project, register)],
        sagemaker_session=wiring.session,
        pipeline_experiment_config=None,
        pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=False),
    )


def _origin(parameters: Mapping[str, ParameterString]) -> dict[str, Any]:
    """Return what a version's metadata say about where it comes from."""
    return {
        "commit": parameters["CommitId"],
        "branch": parameters["Branch"],
        "repository": parameters["Repository"],
        "project": parameters["ProjectName"],
        "data_digest": parameters["DataDigest"],
        "settings_digest": parameters["SettingsDigest"],
        "champion_version": parameters["ChampionVersion"],
        "pipeline_execution_arn": ExecutionVariables.PIPELINE_EXECUTION_ARN,
    }
