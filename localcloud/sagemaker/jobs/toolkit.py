"""Script mode: what the training toolkit inside AWS's framework images does before the user's
script.

It unpacks ``sagemaker_submit_directory`` into /opt/ml/code, describes the job in ``SM_*``
variables and runs ``sagemaker_program`` with the other hyperparameters as sorted ``--name value``
arguments. https://github.com/aws/sagemaker-training-toolkit/blob/master/ENVIRONMENT_VARIABLES.md
"""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path
from typing import Any

from localcloud.sagemaker.jobs import transfer
from localcloud.sagemaker.jobs.archive import unpack
from localcloud.sagemaker.jobs.workplace import HOST, Doc, JobFailedError, Workplace

CODE = "/opt/ml/code"
OWN = (
    "sagemaker_program", "sagemaker_submit_directory", "sagemaker_container_log_level",
    "sagemaker_job_name", "sagemaker_region", "sagemaker_requirements", "sagemaker_s3_output",
    "sagemaker_instance_type", "sagemaker_instance_groups",
)  # fmt: skip
"""Hyperparameters that are meant for the toolkit and never reach the script."""


def decode(parameters: dict[str, str]) -> Doc:
    """Hyperparameters as the toolkit reads them: JSON where a value is JSON, else the text."""
    decoded = {}
    for name, value in parameters.items():
        try:
            decoded[name] = json.loads(value)
        except ValueError:
            decoded[name] = value
    return decoded


def arguments(parameters: Doc) -> list[str]:
    """``{"max_depth": 5, "a": "x"}`` → ``["-a", "x", "--max_depth", "5"]``: sorted by name."""
    pairs = [(f"--{n}" if len(n) > 1 else f"-{n}", str(parameters[n])) for n in sorted(parameters)]
    return [part for pair in pairs for part in pair]


def command(place: Workplace, doc: Doc, channels: list[str]) -> tuple[list[str], dict[str, str]]:
    """Fetch the script; returns its command line and variables. Raises JobFailedError."""
    given = decode(doc.get("HyperParameters", {}))
    program = given.get("sagemaker_program")
    if not program:
        raise JobFailedError(
            "ClientError: the image's built-in algorithm runs on AWS only: give a script by the "
            "hyperparameters sagemaker_program and sagemaker_submit_directory"
        )
    code = place.make_folder(CODE)
    _fetch(place, str(given.get("sagemaker_submit_directory") or CODE), code)
    if not (code / program).is_file():
        raise JobFailedError(f"ClientError: no {program} in {given['sagemaker_submit_directory']}")
    if (code / "requirements.txt").is_file():
        place.log.message("requirements.txt is ignored: the local cloud installs nothing for a job")
    parameters = {name: value for name, value in given.items() if name not in OWN}
    environment = variables(doc, parameters, str(program), channels, place.svc.context.region)
    return ["python3", str(program), *arguments(parameters)], environment


def _fetch(place: Workplace, source: str, code: Path) -> None:
    """Bring the source into /opt/ml/code: an archive in S3, or one a channel has brought, or a
    folder.
    """
    if source.startswith("s3://"):
        archive = place.container.folder / "sourcedir.tar.gz"
        archive.write_bytes(transfer.read(place.s3, source))
    else:
        archive = place.container.host_path(source)
        if archive.is_dir():
            if archive != code:
                code.rmdir()
                code.symlink_to(archive, target_is_directory=True)
            return
    try:
        unpack(archive, code)
    except (OSError, tarfile.TarError) as error:
        raise JobFailedError(f"ClientError: cannot unpack {source}: {error}") from error


def variables(
    doc: Doc, parameters: Doc, program: str, channels: list[str], region: str
) -> dict[str, str]:
    """The ``SM_*`` variables of a job with ``channels`` on one host."""
    instance = doc["ResourceConfig"].get("InstanceType", "")
    described: dict[str, Any] = {
        "additional_framework_parameters": {},
        "channel_input_dirs": {name: f"/opt/ml/input/data/{name}" for name in channels},
        "current_host": HOST,
        "current_instance_type": instance,
        "framework_module": "sagemaker_xgboost_container.training:main",
        "hosts": [HOST],
        "hyperparameters": parameters,
        "input_config_dir": "/opt/ml/input/config",
        "input_data_config": input_data_config(doc),
        "input_dir": "/opt/ml/input",
        "is_master": True,
        "job_name": doc["TrainingJobName"],
        "log_level": 20,
        "master_hostname": HOST,
        "model_dir": "/opt/ml/model",
        "module_dir": CODE,
        "module_name": program.removesuffix(".py"),
        "network_interface_name": "eth0",
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": 0,
        "output_data_dir": "/opt/ml/output/data",
        "output_dir": "/opt/ml/output",
        "output_intermediate_dir": "/opt/ml/output/intermediate",
        "resource_config": resource_config(doc),
        "user_entry_point": program,
    }
    named = {
        "additional_framework_parameters": "FRAMEWORK_PARAMS", "hyperparameters": "HPS",
        "is_master": "", "job_name": "", "master_hostname": "", "channel_input_dirs": "",
    }  # fmt: skip
    found = {}
    for key, value in described.items():
        if name := named.get(key, key.upper()):
            found[f"SM_{name}"] = _text(value)
    for channel in channels:
        found[f"SM_CHANNEL_{channel.upper()}"] = f"/opt/ml/input/data/{channel}"
    for name, value in parameters.items():
        found[f"SM_HP_{name.upper()}"] = _text(value)
    found["SM_CHANNELS"] = _text(sorted(channels))
    found["SM_USER_ARGS"] = _text(arguments(parameters))
    found["SM_TRAINING_ENV"] = _text(described)
    found["SAGEMAKER_REGION"] = region
    found["SAGEMAKER_JOB_NAME"] = doc["TrainingJobName"]
    found["PYTHONPATH"] = CODE
    return found


def input_data_config(doc: Doc) -> Doc:
    """The content of /opt/ml/input/config/inputdataconfig.json."""
    mode = doc["AlgorithmSpecification"].get("TrainingInputMode", "File")
    found = {}
    for channel in doc.get("InputDataConfig", []):
        entry = {
            "TrainingInputMode": channel.get("InputMode", mode),
            "ContentType": channel.get("ContentType"),
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                "S3DataDistributionType", "FullyReplicated"
            ),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        found[channel["ChannelName"]] = {k: v for k, v in entry.items() if v is not None}
    return found


def resource_config(doc: Doc) -> Doc:
    """The content of /opt/ml/input/config/resourceconfig.json."""
    instance = doc["ResourceConfig"].get("InstanceType", "")
    group = {
        "instance_group_name": "homogeneousCluster",
        "instance_type": instance,
        "hosts": [HOST],
    }
    return {
        "current_host": HOST,
        "current_instance_type": instance,
        "current_group_name": "homogeneousCluster",
        "hosts": [HOST],
        "instance_groups": [group],
        "network_interface_name": "eth0",
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
