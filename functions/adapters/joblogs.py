"""What a job printed last, and where to read the rest of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from adapters import aws

LINES = 20
GROUPS = {
    "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
}


@dataclass(frozen=True)
class JobLog:
    """The last lines of a job, oldest first, and its page in CloudWatch's console."""

    lines: tuple[str, ...] = ()
    url: str = ""


def of_step(step: Mapping[str, Any]) -> JobLog:
    """The log of the job that a pipeline's step ran; an empty one for a step without."""
    for kind, group in GROUPS.items():
        arn = step.get("Metadata", {}).get(kind, {}).get("Arn")
        if arn:
            return _read(group, str(arn))
    return JobLog()


def _read(group: str, job_arn: str) -> JobLog:
    logs = aws.client("logs")
    region, job = job_arn.split(":")[3], job_arn.rsplit("/", 1)[-1]
    # A stream is named after its job and instance. SageMaker may write a job's name in lower case
    # into its ARN, so only what cannot differ is asked for: "pipelines-<execution>-".
    prefix = "-".join(job.split("-")[:2])
    try:
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)
        names = [str(one["logStreamName"]) for one in streams["logStreams"]]
        found = [name for name in names if name.lower().startswith(f"{job.lower()}/")]
        if not found:
            return JobLog()
        stream = found[0]
        events = logs.get_log_events(
            logGroupName=group, logStreamName=stream, limit=LINES, startFromHead=False
        )["events"]
    except logs.exceptions.ResourceNotFoundException:
        return JobLog()
    return JobLog(tuple(event["message"].rstrip() for event in events), _url(region, group, stream))


def _url(region: str, group: str, stream: str) -> str:
    """CloudWatch's console takes names that are escaped twice, with $ for the second percent."""
    place = f"{_twice(group)}/log-events/{_twice(stream)}"
    return (
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logsV2:log-groups/log-group/{place}"
    )


def _twice(name: str) -> str:
    return quote(quote(name, safe=""), safe="").replace("%", "$")
