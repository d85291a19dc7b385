"""The abalone pipeline: how many rings a shell has, which tells its age, from its measures."""

from sagemaker.mlops.workflow.pipeline import Pipeline

from pipeline_def.project import Project
from pipeline_def.tabular import tabular_pipeline


def pipeline(project: Project) -> Pipeline:
    """Return the pipeline that `make pipeline` renders to pipeline.json."""
    return tabular_pipeline(project)
