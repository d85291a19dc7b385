"""SageMaker, executed for real on this machine: registry, models, endpoints, pipelines and jobs.

``install(context)`` plugs it into the running base. Each part is a module or package that registers
its operations when it is imported; a part that has something running offers ``start(svc)`` (called
once, before the first request) and ``stop()`` (called when the cloud goes down).
"""

from __future__ import annotations

import importlib
import logging
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import TYPE_CHECKING

from localcloud.sagemaker.api import Handler, Query, Reply, json_handler
from localcloud.sagemaker.events import Events, publish_locally
from localcloud.sagemaker.service import Service
from localcloud.sagemaker.store import Store

if TYPE_CHECKING:
    from localcloud.context import Context

_PARTS = (
    "jobs.forks",  # stopped last: endpoints and jobs are its children
    "tags",
    "registry",
    "models",
    "endpoint_configs",
    "endpoints",
    "tracking",
    "jobs",
    "pipelines",
)
_logger = logging.getLogger(__name__)
_started: list[ModuleType] = []
_open: list[Service] = []


def install(context: Context) -> Service:
    """Register SageMaker and its runtime on ministack's port and return the running service."""
    from localcloud.sagemaker import autoscaling
    from localcloud.services import register_service

    store = Store(context.home / "sagemaker.sqlite")
    svc = Service(context, store, Events(publish_locally(context.account, context.region)))
    _open.append(svc)
    for part in _load_parts():
        if hasattr(part, "start"):
            part.start(svc)
            _started.append(part)
    pool = ThreadPoolExecutor(16, thread_name_prefix="sagemaker")
    register_service(
        "sagemaker",
        handler=_handler(svc, pool),
        target_prefix="SageMaker",
        path_prefixes=("/endpoints/",),
        rest_models=("sagemaker-runtime",),
    )
    register_service(
        autoscaling.SERVICE,
        handler=json_handler(svc, pool, autoscaling.SERVICE),
        target_prefix="AnyScaleFrontendService",
    )
    return svc


def shutdown() -> None:
    """Stop everything that ``install`` started: jobs, serving processes, the store."""
    while _started:
        part = _started.pop()
        try:
            part.stop()
        except Exception:
            _logger.exception("%s did not stop cleanly", part.__name__)
    while _open:
        _open.pop().store.close()


def _load_parts() -> list[ModuleType]:
    return [importlib.import_module(f"{__name__}.{part}") for part in _PARTS]


def _handler(svc: Service, pool: ThreadPoolExecutor) -> Handler:
    """One handler for both protocols: JSON 1.1 of the control plane, REST of the runtime."""
    control = json_handler(svc, pool)

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: Query
    ) -> Reply:
        if "x-amz-target" in headers:
            return await control(method, path, headers, body, query_params)
        runtime = importlib.import_module(f"{__name__}.endpoints.runtime")
        reply: Reply = await runtime.handle_request(svc, method, path, headers, body)
        return reply

    return handle_request
