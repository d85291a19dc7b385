"""The work of one training job: channels from S3, the script, the model to S3.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from localcloud.sagemaker.jobs import archive, toolkit, transfer
from localcloud.sagemaker.jobs.workplace import Doc, JobFailedError, Workplace, algorithm_error


def run(place: Workplace, doc: Doc, move: Callable[[str], object]) -> Doc:
    """Do the job; returns the members of its ending. Raises JobFailedError, TransferError.

    ``move`` is told each secondary status as it is entered.
    """
    move("Downloading")
    channels = _prepare(place, doc)
    command, environment = _command(place, doc, channels)
    move("Training")
    timeout = doc["StoppingCondition"].get("MaxRuntimeInSeconds", 86400)
    cwd = toolkit.CODE if place.container.host_path(toolkit.CODE).is_dir() else "/"
    outcome = place.run(command, environment, timeout, cwd)
    if outcome.code and not (place.running.stopping or outcome.timed_out):
        _upload_output(place, doc, "data", "output.tar.gz")
        raise algorithm_error(_reason(place, command, outcome.code), outcome.code)
    move("Uploading")
    _upload_output(place, doc, "", "model.tar.gz")
    _upload_output(place, doc, "data", "output.tar.gz")
    found = _metrics(doc, place.container.folder / "output.log", place.svc.now())
    told = {"FinalMetricDataList": found} if found else {}
    if place.running.stopping:
        return {"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped", **told}
    if outcome.timed_out:
        return {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxRuntimeExceeded", **told}
    return {"TrainingJobStatus": "Completed", "SecondaryStatus": "Completed", **told}


def _prepare(place: Workplace, doc: Doc) -> list[str]:
    """Bring channels and config files into /opt/ml; returns the channels' names."""
    for folder in ("model", "output/data", "input/data", "code"):
        place.make_folder(f"/opt/ml/{folder}")
    channels = []
    for channel in doc.get("InputDataConfig", []):
        source = channel["DataSource"]["S3DataSource"]
        target = place.make_folder(f"/opt/ml/input/data/{channel['ChannelName']}")
        transfer.download(place.s3, source["S3Uri"], target, source["S3DataType"])
        channels.append(channel["ChannelName"])
    config = {
        "hyperparameters": doc.get("HyperParameters", {}),
        "inputdataconfig": toolkit.input_data_config(doc),
        "resourceconfig": toolkit.resource_config(doc),
    }
    for name, document in config.items():
        place.write_json(f"/opt/ml/input/config/{name}.json", document)
    return channels


def _command(place: Workplace, doc: Doc, channels: list[str]) -> tuple[list[str], dict[str, str]]:
    """The image's own entry point is script mode; the job may replace it."""
    algorithm = doc["AlgorithmSpecification"]
    environment = {
        "TRAINING_JOB_NAME": doc["TrainingJobName"],
        "TRAINING_JOB_ARN": doc["TrainingJobArn"],
        **doc.get("Environment", {}),
    }
    entry = algorithm.get("ContainerEntrypoint", [])
    if entry:
        return [*entry, *algorithm.get("ContainerArguments", [])], environment
    command, variables = toolkit.command(place, doc, channels)
    return command, {**variables, **environment}


def _reason(place: Workplace, command: list[str], code: int) -> str:
    """What the script wrote to /opt/ml/output/failure, else what AWS's toolkit would write there.

    AWS's toolkit overwrites a file that the script wrote; here the script's own words are kept.
    """
    written = place.text("/opt/ml/output/failure")
    if written:
        return written
    line = " ".join(command)
    return f'ExecuteUserScriptError:\nExitCode {code}\nErrorMessage ""\nCommand "{line}"'


def _upload_output(place: Workplace, doc: Doc, folder: str, name: str) -> None:
    """Pack a folder (``""`` = the model, ``data`` = other output) beside the job's model in S3."""
    source: Path = place.container.host_path(
        f"/opt/ml/output/{folder}" if folder else "/opt/ml/model"
    )
    packed = archive.pack(source)
    if packed is None:
        return
    file = place.container.folder / name
    file.write_bytes(packed)
    uri = doc["ModelArtifacts"]["S3ModelArtifacts"].removesuffix("model.tar.gz") + name
    transfer.put_file(place.s3, file, *transfer.split_uri(uri))
    file.unlink()


def _metrics(doc: Doc, log: Path, now: float) -> list[Doc]:
    """The last value of each metric that MetricDefinitions' expressions find in the log."""
    definitions = doc["AlgorithmSpecification"].get("MetricDefinitions", [])
    text = log.read_text("utf-8", "replace") if definitions else ""
    found = []
    for definition in definitions:
        try:
            values = re.findall(definition["Regex"], text)
        except re.error as error:
            raise JobFailedError(f"ClientError: {definition['Name']}: {error}") from error
        if values:
            last = values[-1] if isinstance(values[-1], str) else values[-1][0]
            try:
                value = float(last)
            except ValueError:
                continue
            found.append({"MetricName": definition["Name"], "Value": value, "Timestamp": now})
    return found
