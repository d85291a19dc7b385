"""IAM for our own services: which action a request is, on which resource, and passing of roles."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes, Mapping[str, list[str]]], Awaitable[Response]]
ResourceNamer = Callable[[str, Mapping[str, Any], str, str], str]
"""`(operation, request, region, account) -> ARN`, or "*" where IAM knows nothing narrower."""

_ROLE_FIELDS = ("RoleArn", "ExecutionRoleArn")
_namers: dict[str, ResourceNamer] = {}


def protect(
    service: str,
    handler: Handler,
    *,
    namespace: str,
    rest_models: tuple[str, ...],
    resource: ResourceNamer,
) -> Handler:
    """Tell the base how to authorize `service`; return `handler` behind the iam:PassRole check."""
    from ministack.core import iam_actions

    iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = namespace
    if rest_models:
        iam_actions._BOTOCORE_SERVICE_MAP[service] = [*rest_models]
        iam_actions._REST_ROUTE_CACHE.pop(service, None)
    _namers[service] = resource
    _hook_resource_names()

    async def call(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: Mapping[str, list[str]],
    ) -> Response:
        refused = _refuse_role(service, headers, _fields(body))
        return refused or await handler(method, path, headers, body, query)

    return call


def _hook_resource_names() -> None:
    """Let the base ask us for the ARN in a request to a service of ours."""
    from ministack.core import iam_actions

    original = iam_actions.extract_resource_arn
    if getattr(original, "slipway", False):
        return

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: Mapping[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        namer = _namers.get(service)
        if namer is None:
            args = (service, method, path, headers, body, query_params, region, account_id)
            return str(original(*args))
        target = headers.get("x-amz-target", "").rpartition(".")[2]
        request = _fields(body) if target else {"Path": unquote(path)}
        return namer(target, request, region, account_id)

    extract_resource_arn.slipway = True  # type: ignore[attr-defined]
    iam_actions.extract_resource_arn = extract_resource_arn


def _fields(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _refuse_role(
    service: str, headers: Mapping[str, str], request: Mapping[str, Any]
) -> Response | None:
    """AWS lets a caller hand a role to SageMaker only with iam:PassRole on that role."""
    from ministack import app
    from ministack.core import iam_actions, iam_evaluator, router

    roles = [request[name] for name in _ROLE_FIELDS if isinstance(request.get(name), str)]
    if not roles or not app.AUTH:
        return None
    key = router.extract_access_key_id(headers, {})
    region = router.extract_region(headers)
    passed_to = {"iam:PassedToService": f"{service}.amazonaws.com"}
    for role in roles:
        denied = iam_evaluator.enforce(
            key, "iam:PassRole", "iam", region, resource_arn=role, service_context=passed_to
        )
        if denied:
            principal = getattr(denied, "principal_arn", "")
            message = _pass_role_message(principal, role)
            answer: Response = iam_actions.access_denied_response(
                service, "iam:PassRole", principal, "", message=message
            )
            return answer
    return None


def _pass_role_message(principal: str, role: str) -> str:
    """Return AWS's words for a role that may not be passed."""
    return (
        f"User: {principal} is not authorized to perform: iam:PassRole on resource: {role} "
        "because no identity-based policy allows the iam:PassRole action"
    )


def default_resource(service: str) -> ResourceNamer:
    """Return the rule by which IAM names what a request to `service` acts on."""
    return {"sagemaker": _sagemaker_resource, "codecommit": _codecommit_resource}.get(
        service, lambda _operation, _request, _region, _account: "*"
    )


_SAGEMAKER_KINDS = {
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
    "ModelPackageName": "model-package",
    "ModelPackageGroupName": "model-package-group",
    "PipelineName": "pipeline",
    "ProcessingJobName": "processing-job",
    "TrainingJobName": "training-job",
    "TransformJobName": "transform-job",
}
_VERBS = ("Create", "Update", "Delete", "Describe", "Stop", "Start", "Retry", "Get", "Put")
_LISTS_ON_A_RESOURCE = {
    "ListPipelineExecutions": ("PipelineName",),
    "ListPipelineExecutionSteps": ("PipelineExecutionArn",),
    "ListPipelineParametersForExecution": ("PipelineExecutionArn",),
    "DescribePipelineDefinitionForExecution": ("PipelineExecutionArn",),
    "ListTags": ("ResourceArn",),
    "AddTags": ("ResourceArn",),
    "DeleteTags": ("ResourceArn",),
    "StartPipelineExecution": ("PipelineName",),
    "CreateModelPackage": ("ModelPackageName", "ModelPackageGroupName"),
    "UpdateEndpointWeightsAndCapacities": ("EndpointName",),
}


def _sagemaker_resource(
    operation: str, request: Mapping[str, Any], region: str, account: str
) -> str:
    """One ARN for a request, after SageMaker's page of the Service Authorization Reference.

    Names are lower case in ARNs. Runtime calls carry the endpoint in their path.
    """
    if not operation:
        parts = [part for part in str(request.get("Path", "")).split("/") if part]
        named = parts[1] if parts[:1] == ["endpoints"] and len(parts) > 1 else ""
        return _sagemaker_arn("endpoint", named, region, account) if named else "*"
    for name in _LISTS_ON_A_RESOURCE.get(operation) or _own_fields(operation):
        value = request.get(name)
        if isinstance(value, str) and value:
            kind = _SAGEMAKER_KINDS.get(name, "")
            return (
                value if value.startswith("arn:") else _sagemaker_arn(kind, value, region, account)
            )
    return "*"


def _own_fields(operation: str) -> tuple[str, ...]:
    """`UpdateModelPackage` acts on `ModelPackageArn` or `ModelPackageName`; lists act on no one."""
    noun = next((operation.removeprefix(v) for v in _VERBS if operation.startswith(v)), "")
    return (f"{noun}Arn", f"{noun}Name") if noun else ()


def _sagemaker_arn(kind: str, name: str, region: str, account: str) -> str:
    return f"arn:aws:sagemaker:{region}:{account}:{kind}/{name.lower()}"


def _codecommit_resource(
    _operation: str, request: Mapping[str, Any], region: str, account: str
) -> str:
    name = request.get("repositoryName")
    return f"arn:aws:codecommit:{region}:{account}:{name}" if isinstance(name, str) else "*"
