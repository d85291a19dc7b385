"""Arguments held against botocore's own model of an operation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel
from botocore.validate import ParamValidator


@cache
def service(name: str) -> ServiceModel:
    """The model of a service, by botocore's name of it."""
    return botocore.session.get_session().get_service_model(name)


def operation(service_name: str, name: str) -> OperationModel:
    """The model of an operation, e.g. ("sagemaker", "UpdateEndpoint")."""
    return service(service_name).operation_model(name)


def faults(service_name: str, name: str, arguments: Mapping[str, Any]) -> str:
    """What botocore finds wrong with the arguments; empty when nothing is."""
    report = ParamValidator().validate(arguments, operation(service_name, name).input_shape)
    return str(report.generate_report())
