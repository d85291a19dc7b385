"""Plugs services of our own into the base: its router, its registry, IAM and Step Functions.

The base decides which service a request is for by `X-Amz-Target`, then by the credential scope of
the signature. A service that is registered here is found the same way, its callers are checked
against IAM the same way, and a state machine calls it as `arn:aws:states:::aws-sdk:<name>:<op>`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from localcloud import authorization

Response = tuple[int, dict[str, str], bytes]
QueryParams = Mapping[str, list[str]]
Handler = Callable[[str, str, dict[str, str], bytes, QueryParams], Awaitable[Response]]
"""`async (method, path, headers, body, query_params) -> (status, headers, body)`.
Header names are lower case. It runs on the event loop: move what blocks into a thread."""


@dataclass(frozen=True)
class _Route:
    prefix: str
    service: str
    handler: Handler
    signed: bool


_routes: list[_Route] = []


def register_service(
    name: str,
    *,
    handler: Handler,
    target_prefix: str | None = None,
    path_prefixes: Iterable[str] = (),
    rest_models: Iterable[str] = (),
    sdk_name: str | None = None,
    iam_namespace: str | None = None,
    resource: authorization.ResourceNamer | None = None,
) -> None:
    """Make `handler` answer for the AWS service `name` (its signing name, such as "sagemaker").

    target_prefix: what precedes the operation in `X-Amz-Target` (JSON protocol); with it the
        service is also callable from state machines, under `sdk_name` or `name`.
    path_prefixes: paths that are this service's. A service without `rest_models` answers them to
        anybody, unsigned (pages, git); with `rest_models` a signature and IAM's consent are needed.
    rest_models: botocore models whose REST routes name the operation ("sagemaker-runtime").
    resource: gives the ARN that IAM checks; default: `authorization.default_resource(name)`.
    """
    from ministack import app
    from ministack.core import router

    wrapped = _with_bytes_body(handler)
    if target_prefix is not None or rest_models:
        guarded = authorization.protect(
            name,
            wrapped,
            namespace=iam_namespace or name,
            rest_models=tuple(rest_models),
            resource=resource or authorization.default_resource(name),
        )
        app.SERVICE_HANDLERS[name] = guarded
        router.SERVICE_PATTERNS[name] = (
            {"target_prefixes": [f"{target_prefix}."]} if target_prefix else {}
        )
        _prefer_target_of(name)
    if target_prefix is not None:
        _offer_to_state_machines(name, sdk_name or name, target_prefix)
    _routes.extend(_Route(prefix, name, wrapped, bool(rest_models)) for prefix in path_prefixes)


def public_handler(path: str) -> Handler | None:
    """Return what answers `path` without a signature, or None when AWS protocols must."""
    matches = [route for route in _routes if not route.signed and path.startswith(route.prefix)]
    return max(matches, key=lambda route: len(route.prefix)).handler if matches else None


def _prefer_target_of(name: str) -> None:
    """Put our patterns first: the router takes the first prefix that fits."""
    from ministack.core import router

    patterns = router.SERVICE_PATTERNS
    ours = patterns.pop(name)
    rest = dict(patterns)
    patterns.clear()
    patterns[name] = ours
    patterns.update(rest)


def _with_bytes_body(handler: Handler) -> Handler:
    """The base's state machines hand over a JSON string where its HTTP side hands over bytes."""

    async def call(
        method: str, path: str, headers: dict[str, str], body: bytes | str, query: QueryParams
    ) -> Response:
        raw = body.encode() if isinstance(body, str) else body
        return await handler(method, path, headers, raw, query)

    return call


def _offer_to_state_machines(name: str, sdk_name: str, target_prefix: str) -> None:
    from ministack.services import stepfunctions

    key = sdk_name.replace("-", "")
    stepfunctions._AWS_SDK_SERVICE_MAP[key] = {
        "target_prefix": target_prefix,
        "protocol": "json",
        "service_key": name,
    }
    prefix = _SDK_CLASS_NAMES.get(key, key.capitalize())
    stepfunctions._AWS_SDK_ERROR_PREFIX[key] = prefix
    stepfunctions._AWS_SDK_ERROR_CODE_OVERRIDES[key] = _JavaErrorNames(name, prefix)


_SDK_CLASS_NAMES = {
    "sagemaker": "SageMaker",
    "codecommit": "CodeCommit",
    "applicationautoscaling": "ApplicationAutoScaling",
}


class _JavaErrorNames(dict[str, str]):
    """Error names as Step Functions shows them: those of the AWS SDK for Java.

    A modelled error is its shape's name ending in "Exception" (`ResourceInUse` becomes
    `ResourceInUseException`), any other is the service's base class (`SageMakerException`).
    https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
    """

    def __init__(self, service: str, prefix: str) -> None:
        super().__init__()
        self._service = service
        self._prefix = prefix

    def get(self, code: str, default: Any = None) -> Any:
        """Return the exception's name for the error `code` of an answer."""
        if code in _modelled_errors(self._service):
            stem = code.removesuffix("Exception").removesuffix("Fault")
            return f"{stem}Exception"
        return f"{self._prefix}Exception"


@cache
def _modelled_errors(service: str) -> frozenset[str]:
    import botocore.session

    model = botocore.session.get_session().get_service_model(service)
    return frozenset(shape.name for shape in model.error_shapes)
