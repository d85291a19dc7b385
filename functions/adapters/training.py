"""Starting the pipeline, and what every start looks at anew: the data as it is now."""

from dataclasses import dataclass
from typing import Any

from adapters import aws, objects
from domain import build
from domain.building import Rerun
from domain.errors import NoDataError


def fresh(bucket: str, data_prefix: str) -> dict[str, str]:
    """The parameters that change without a commit. Raises `NoDataError` without any data."""
    table = objects.listing(bucket, data_prefix)
    if not table:
        raise NoDataError(
            f"there is no table under s3://{bucket}/{data_prefix}: upload one, and the build "
            "starts by itself"
        )
    return {"InputDataUri": f"s3://{bucket}/{data_prefix}", "DataDigest": build.data_digest(table)}


def start(pipeline_name: str, run: Rerun) -> str:
    """The ARN of the execution of `run`; the same run started twice is one execution."""
    answer = aws.client("sagemaker").start_pipeline_execution(
        PipelineName=pipeline_name,
        PipelineExecutionDescription=run.description,
        PipelineParameters=[
            {"Name": name, "Value": value} for name, value in sorted(run.parameters.items())
        ],
        ClientRequestToken=run.token,
    )
    return str(answer["PipelineExecutionArn"])


@dataclass(frozen=True)
class Running:
    """A pipeline execution that has not ended."""

    arn: str
    commit: str


def running(pipeline_name: str) -> list[Running]:
    """The newest executions that have not ended, with their commits."""
    sagemaker = aws.client("sagemaker")
    listed: list[dict[str, Any]] = sagemaker.list_pipeline_executions(
        PipelineName=pipeline_name, SortBy="CreationTime", SortOrder="Descending", MaxResults=20
    )["PipelineExecutionSummaries"]
    arns = [
        str(one["PipelineExecutionArn"])
        for one in listed
        if one["PipelineExecutionStatus"] == "Executing"
    ]
    return [Running(arn, _commit(sagemaker, arn)) for arn in arns]


def stop(execution_arn: str, token: str) -> None:
    """Stop an execution; its own event tells people."""
    aws.client("sagemaker").stop_pipeline_execution(
        PipelineExecutionArn=execution_arn, ClientRequestToken=token
    )


def _commit(sagemaker: Any, arn: str) -> str:
    pages = sagemaker.get_paginator("list_pipeline_parameters_for_execution").paginate(
        PipelineExecutionArn=arn
    )
    values = {p["Name"]: p["Value"] for page in pages for p in page["PipelineParameters"]}
    return str(values.get("CommitId", ""))
