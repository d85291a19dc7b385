"""CreateEndpoint, UpdateEndpoint, DeleteEndpoint and what tells about endpoints."""

import threading
from typing import Any

from localcloud.sagemaker import tags
from localcloud.sagemaker.api import ApiError, members, operation, pick
from localcloud.sagemaker.endpoint_configs import find_config
from localcloud.sagemaker.endpoints import checks, documents
from localcloud.sagemaker.endpoints.documents import ENDPOINTS, find_endpoint
from localcloud.sagemaker.endpoints.rollout import Deployment
from localcloud.sagemaker.endpoints.state import state_of
from localcloud.sagemaker.paging import page, select
from localcloud.sagemaker.service import Service

Doc = dict[str, Any]


@operation("CreateEndpoint")
def create_endpoint(svc: Service, request: Doc) -> Doc:
    """Begin to create an endpoint; it is InService or Failed when its event comes."""
    name, arn = request["EndpointName"], svc.arn(ENDPOINTS, request["EndpointName"])
    config = find_config(svc, request["EndpointConfigName"])
    policy = request.get("DeploymentConfig")
    checks.deployment(policy, config)
    variants = documents.new_variants(svc, config, {})
    now = svc.now()
    doc = {
        "EndpointName": name,
        "EndpointArn": arn,
        "EndpointConfigName": config["EndpointConfigName"],
        "ProductionVariants": documents.with_status(svc, variants, "Creating", None),
        "EndpointStatus": "Creating",
        "CreationTime": now,
        "LastModifiedTime": now,
        "Tags": {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])},
    }
    with svc.store.transaction():
        if svc.store.get(ENDPOINTS, name) is not None:
            text = f'Cannot create already existing endpoint "{arn}".'
            raise ApiError("ValidationException", text)
        svc.store.put(ENDPOINTS, name, doc)
        tags.register(svc, arn, request.get("Tags"))
    svc.events.endpoint(doc)
    Deployment(svc, name, config, variants, policy).begin()
    return {"EndpointArn": arn}


@operation("UpdateEndpoint")
def update_endpoint(svc: Service, request: Doc) -> Doc:
    """Begin to move an endpoint to another configuration, under its DeploymentConfig."""
    name = request["EndpointName"]
    doc = find_endpoint(svc, name)
    config = find_config(svc, request["EndpointConfigName"])
    policy = request.get("DeploymentConfig")
    if request.get("RetainDeploymentConfig"):
        policy = policy or doc.get("LastDeploymentConfig")
    checks.deployment(policy, config)
    checks.conversion(doc, config)
    checks.machines_of_targets(svc, doc, config)
    kept = documents.kept_properties(doc, request)
    variants = documents.new_variants(svc, config, kept)
    config = _with_kept_capture(svc, doc, config, request)

    def change(stored: Doc) -> None:
        checks.can_change(svc, stored)
        stored["EndpointStatus"] = "Updating"
        stored["LastModifiedTime"] = svc.now()
        created = documents.with_status(svc, variants, "Creating", None)
        stored["PendingDeploymentSummary"] = documents.pending(svc, config, created)

    updated = svc.store.update(ENDPOINTS, name, change)
    svc.events.endpoint(updated)
    svc.events.endpoint_deployment(updated)
    Deployment(svc, name, config, variants, policy).begin()
    return {"EndpointArn": doc["EndpointArn"]}


def _with_kept_capture(svc: Service, doc: Doc, config: Doc, request: Doc) -> Doc:
    """The configuration, with the live DataCaptureConfig when the update keeps it."""
    excluded = request.get("ExcludeRetainedVariantProperties", [])
    dropped = {"VariantPropertyType": "DataCaptureConfig"} in excluded
    if not request.get("RetainAllVariantProperties") or dropped:
        return config
    live = state_of(svc).captures.get(doc["EndpointName"])
    return {**config, "DataCaptureConfig": live} if live else config


@operation("DescribeEndpoint")
def describe_endpoint(svc: Service, request: Doc) -> Doc:
    """Describe one endpoint."""
    return pick(find_endpoint(svc, request["EndpointName"]), members("DescribeEndpoint"))


@operation("ListEndpoints")
def list_endpoints(svc: Service, request: Doc) -> Doc:
    """List endpoints, newest first by default."""
    names = members("ListEndpoints", "Endpoints")
    found = select(svc.store.list(ENDPOINTS), request, "EndpointName", status="EndpointStatus")
    return page([pick(doc, names) for doc in found], request, "Endpoints")


@operation("DeleteEndpoint")
def delete_endpoint(svc: Service, request: Doc) -> None:
    """Take no more requests, answer those under way, end the processes."""
    name = request["EndpointName"]

    def change(stored: Doc) -> None:
        checks.can_change(svc, stored, deleting=True)
        stored["EndpointStatus"] = "Deleting"
        stored["LastModifiedTime"] = svc.now()

    find_endpoint(svc, name)
    doc = svc.store.update(ENDPOINTS, name, change)
    state = state_of(svc)
    state.traffic.remove(name)
    state.captures.pop(name, None)
    svc.events.endpoint(doc)

    def finish() -> None:
        for fleet in state.fleets.pop(name, []):
            fleet.drain()
            fleet.stop()
        svc.store.delete(ENDPOINTS, name)
        tags.forget(svc, doc["EndpointArn"])

    threading.Thread(target=finish, name=f"delete-{name}", daemon=True).start()
