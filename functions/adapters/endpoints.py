"""SageMaker endpoints, their configs and models.

`role` is the one that an endpoint is reached by (`settings.Reaching`); empty for the function's.
"""

from dataclasses import dataclass
from typing import Any

from adapters import aws
from domain.deployment import VARIANT

MOVING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


@dataclass(frozen=True)
class Live:
    """An endpoint as it is. `count` is the instances it wants now, or None for serverless."""

    status: str
    config: str
    count: int | None
    is_serverless: bool = False

    @property
    def is_moving(self) -> bool:
        """Whether SageMaker is still changing it."""
        return self.status in MOVING


def look(endpoint: str, role: str) -> Live | None:
    """The endpoint as it is, or None when there is none.

    DescribeEndpoint answers a missing endpoint with an unmodelled ValidationException, which says
    the same for other faults; the list tells them apart without reading a message.
    """
    sagemaker = aws.client("sagemaker", role)
    pages = sagemaker.get_paginator("list_endpoints").paginate(NameContains=endpoint)
    names = {item["EndpointName"] for page in pages for item in page["Endpoints"]}
    if endpoint not in names:
        return None
    described = sagemaker.describe_endpoint(EndpointName=endpoint)
    variants: list[dict[str, Any]] = described.get("ProductionVariants") or [{}]
    count = variants[0].get("DesiredInstanceCount")
    serverless = bool({"CurrentServerlessConfig", "DesiredServerlessConfig"} & set(variants[0]))
    return Live(
        status=described["EndpointStatus"],
        config=described["EndpointConfigName"],
        count=None if serverless or not count else int(count),
        is_serverless=serverless,
    )


def variants_of(endpoint: str, role: str) -> list[dict[str, Any]]:
    """The variants that serve now, with their current and desired weights."""
    described = aws.client("sagemaker", role).describe_endpoint(EndpointName=endpoint)
    found: list[dict[str, Any]] = described.get("ProductionVariants") or []
    return found


def set_count(endpoint: str, count: int, role: str) -> None:
    """Begin to run so many instances; the endpoint is Updating until they are there."""
    aws.client("sagemaker", role).update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": VARIANT, "DesiredInstanceCount": count}],
    )


def instance_type_in(config: str, role: str) -> str:
    """The machines that a config asks for; empty for a serverless one, or one that was deleted."""
    sagemaker = aws.client("sagemaker", role)
    try:
        described = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    except sagemaker.exceptions.ClientError as error:
        if aws.error_code(error) == "ValidationException":
            return ""
        raise
    return str(described["ProductionVariants"][0].get("InstanceType", ""))


def models_in(config: str, role: str) -> set[str]:
    """The models that an endpoint config serves, whoever made it."""
    sagemaker = aws.client("sagemaker", role)
    described = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    return {variant["ModelName"] for variant in described["ProductionVariants"]}


def configs_of(endpoint: str, role: str) -> list[str]:
    """The endpoint configs that were made for an endpoint (their names begin with its name)."""
    pages = aws.client("sagemaker", role).get_paginator("list_endpoint_configs")
    return [
        item["EndpointConfigName"]
        for page in pages.paginate(NameContains=endpoint)
        for item in page["EndpointConfigs"]
        if item["EndpointConfigName"].startswith(f"{endpoint}-v")
    ]


def models_of(endpoint: str, role: str) -> list[str]:
    """The models that were made for an endpoint."""
    pages = aws.client("sagemaker", role).get_paginator("list_models")
    return [
        item["ModelName"]
        for page in pages.paginate(NameContains=endpoint)
        for item in page["Models"]
        if item["ModelName"].startswith(f"{endpoint}-v")
    ]


def delete_config(name: str, role: str) -> None:
    """Remove an endpoint config."""
    aws.client("sagemaker", role).delete_endpoint_config(EndpointConfigName=name)


def delete_model(name: str, role: str) -> None:
    """Remove a model (not its artifact, not its version in the registry)."""
    aws.client("sagemaker", role).delete_model(ModelName=name)


def delete(endpoint: str, role: str) -> None:
    """Remove an endpoint; its configs stay."""
    aws.client("sagemaker", role).delete_endpoint(EndpointName=endpoint)
