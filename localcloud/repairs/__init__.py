"""Repairs of ministack 1.5.33: one module per fault, each with the fault in its docstring.

Every repair checks the source of what it replaces and refuses to be laid over anything else
(`base.BaseChangedError`). tests/integration/repairs has a test for each that fails without it.
"""

import importlib
from collections.abc import Collection

NAMES = (
    "shared_models",
    "sfn_retry",
    "sfn_callback",
    "sfn_walk",
    "sfn_execution",
    "sfn_task",
    "sfn_parallel",
    "sfn_jsonata",
    "sfn_start",
    "sfn_nested",
    "sfn_numbers",
    "sfn_sdk",
    "sfn_role",
    "lambda_error_class",
    "lambda_async",
    "lambda_environments",
    "lambda_layers",
    "cfn_generated_secret",
    "http_api_body",
    "http_api_errors",
    "http_api_throttle",
    "alarm_evaluation",
    "scheduler_firing",
    "secure_transport",
    "principal_arn",
    "ses_identity",
    "alarm_names",
    "metric_namespace",
    "cfn_secret_ref",
)

_installed: set[str] = set()


def install(context: object, *, without: Collection[str] = ()) -> None:
    """Apply all repairs to the ministack of this process, once; `without` leaves some out.

    Raises BaseChangedError when a part of ministack is not the one a repair was written for.
    """
    for name in NAMES:
        if name not in without and name not in _installed:
            importlib.import_module(f"{__name__}.{name}").install(context)
            _installed.add(name)


def shutdown() -> None:
    """Stop what repairs have started: the process that forks Lambda environments."""
    from localcloud.repairs import lambda_environments

    lambda_environments.shutdown()
