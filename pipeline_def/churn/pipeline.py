"""The churn pipeline: who leaves a telecom provider, from a table of its customers."""

from sagemaker.mlops.workflow.pipeline import Pipeline

from pipeline_def.project import Project
from pipeline_def.tabular import tabular_pipeline


def pipeline(project: Project) -> Pipeline:
    """Return the pipeline that `make pipeline` renders to pipeline.json."""
    return tabular_pipeline(project)
