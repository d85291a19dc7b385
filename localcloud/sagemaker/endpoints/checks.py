"""What SageMaker refuses about a deployment before it begins."""

from typing import Any

from localcloud.sagemaker.api import ApiError
from localcloud.sagemaker.endpoints import shifts
from localcloud.sagemaker.service import Service

Doc = dict[str, Any]
_BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


def can_change(svc: Service, doc: Doc, *, deleting: bool = False) -> None:
    """Refuse to change an endpoint that is on its way, or one that failed (only deleting helps)."""
    status, arn = doc["EndpointStatus"], doc["EndpointArn"]
    if status in _BUSY:
        raise ApiError("ValidationException", f'Cannot update in-progress endpoint "{arn}".')
    if status == "Failed" and not deleting:
        raise ApiError("ValidationException", f'Cannot update failed endpoint "{arn}".')


def conversion(doc: Doc, config: Doc) -> None:
    """Refuse to make instances serverless, as AWS's page on Serverless Inference says it does."""
    sizes = {"CurrentServerlessConfig", "DesiredServerlessConfig"}
    runs_serverless = any(sizes & set(each) for each in doc["ProductionVariants"])
    wants = any("ServerlessConfig" in each for each in config["ProductionVariants"])
    if wants and not runs_serverless:
        text = f'Cannot convert endpoint "{doc["EndpointArn"]}" to serverless.'
        raise ApiError("ValidationException", text)


def machines_of_targets(svc: Service, doc: Doc, config: Doc) -> None:
    """Refuse other machines for a variant that is registered as a scalable target."""
    live = svc.store.get("endpoint-config", doc["EndpointConfigName"]) or {}
    types = {each["VariantName"]: each.get("InstanceType") for each in config["ProductionVariants"]}
    for each in live.get("ProductionVariants", []):
        name = each["VariantName"]
        target = f"endpoint/{doc['EndpointName']}/variant/{name}"
        if types.get(name) != each.get("InstanceType") and svc.store.get("scalable-target", target):
            text = f"The instance type of variant {name} cannot change: it is a scalable target."
            raise ApiError("ValidationException", text)


def deployment(policy: Doc | None, config: Doc) -> None:
    """Refuse a DeploymentConfig that cannot be carried out for this configuration."""
    if policy is None:
        return
    if any("ServerlessConfig" in each for each in config["ProductionVariants"]):
        text = "DeploymentConfig is not supported for endpoints with serverless variants."
        raise ApiError("ValidationException", text)
    if "BlueGreenUpdatePolicy" in policy and "RollingUpdatePolicy" in policy:
        text = "Specify only one of BlueGreenUpdatePolicy and RollingUpdatePolicy."
        raise ApiError("ValidationException", text)
    routing = (policy.get("BlueGreenUpdatePolicy") or {}).get("TrafficRoutingConfiguration") or {}
    for member in ("CanarySize", "LinearStepSize"):
        _half_at_most(member, routing.get(member), config)
    try:
        shifts.plan(policy, 1)
    except ValueError as error:
        raise ApiError("ValidationException", f"Invalid DeploymentConfig: {error}.") from error


def _half_at_most(member: str, size: Doc | None, config: Doc) -> None:
    if size is None:
        return
    total = sum(int(each.get("InitialInstanceCount", 1)) for each in config["ProductionVariants"])
    counted = size["Type"] == "INSTANCE_COUNT"
    share = size["Value"] / total if counted else size["Value"] / 100
    if share > 0.5:
        text = f"{member} must be at most 50 percent of the fleet's capacity."
        raise ApiError("ValidationException", text)
