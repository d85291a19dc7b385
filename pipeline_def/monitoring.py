"""The second pipeline: requests to production against the data that its version was trained on.

One step, the same for every project, rendered to monitor.json. It runs on a schedule, with the code
and the settings of the commit whose version is in production.
"""

from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.mlops.workflow.pipeline import Pipeline

from pipeline_def.project import Project
from pipeline_def.rendered import MONITOR_PARAMETERS
from pipeline_def.sdk import Wiring

INSTANCE = ParameterString(name="ProcessingInstanceType", default_value="ml.m5.large")


def monitor_pipeline(project: Project) -> Pipeline:
    """Return the SDK's pipeline that watches one project's production."""
    parameters = {name: ParameterString(name=name) for name in MONITOR_PARAMETERS}
    parameters[INSTANCE.name] = INSTANCE
    wiring = Wiring(parameters)
    monitor = wiring.processing(
        "Monitor",
        "monitor.py",
        {
            "capture": parameters["CaptureManifestUri"],
            "baseline": parameters["ChampionStatisticsUri"],
        },
        ["report"],
        cache_config=None,  # every run has requests of its own
    )
    return Pipeline(
        name=f"{project.name}-drift",
        parameters=list(parameters.values()),
        steps=[monitor],
        sagemaker_session=wiring.session,
        pipeline_experiment_config=None,
        pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=False),
    )
