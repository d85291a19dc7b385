"""The execution role of a job: what it reads and writes, it does with that role's permissions."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from localcloud.context import ROOT_ACCESS_KEY, ROOT_SECRET_KEY, Context
from localcloud.sagemaker.api import ApiError

_making = threading.Lock()


def credentials(context: Context, role_arn: str) -> Mapping[str, str]:
    """Environment variables with credentials of ``role_arn``, as a container on AWS has them.

    With the base's IAM switched off (``AUTH``) they are the account's own. Raises ApiError, in
    SageMaker's words, when the role does not exist or does not trust SageMaker.
    """
    from ministack import app
    from ministack.core.responses import request_scope

    if not app.AUTH:
        return {"AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": ROOT_SECRET_KEY}
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    with request_scope(account, context.region):
        _require_trust(role_arn, name)
        return _session(account, name)


def client(context: Context, role_arn: str, service: str) -> Any:
    """A boto3 client of ``service`` that acts as the role. Raises ApiError as ``credentials``
    does.
    """
    found = credentials(context, role_arn)
    key, secret = found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]
    token = found.get("AWS_SESSION_TOKEN")
    return _client(context.endpoint_url, context.region, service, key, secret, token)


def may(
    context: Context,
    role_arn: str,
    action: str,
    resource: str,
    keys: Mapping[str, str] | None = None,
) -> bool:
    """Whether IAM lets the role do ``action`` on ``resource``, as it would decide a request.

    ``keys`` are condition keys (``iam:PassedToService``). Raises ApiError as ``credentials`` does.
    """
    from ministack import app
    from ministack.core.iam_evaluator import enforce
    from ministack.core.responses import request_scope

    if not app.AUTH:
        return True
    key = credentials(context, role_arn)["AWS_ACCESS_KEY_ID"]
    with request_scope(role_arn.split(":")[4], context.region):
        service = action.partition(":")[0]
        given = {"resource_arn": resource, "service_context": dict(keys or {})}
        return enforce(key, action, service, context.region, **given) is None


def warm_up(context: Context) -> None:
    """Load what the first job would wait for: boto3 and the models of the services it calls."""
    _client(context.endpoint_url, context.region, "s3", ROOT_ACCESS_KEY, ROOT_SECRET_KEY, None)
    context.client("logs")


@lru_cache(maxsize=16)
def _client(
    endpoint: str, region: str, service: str, key: str, secret: str, token: str | None
) -> Any:
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": 3}
    config = Config(retries=retries, max_pool_connections=20, s3={"addressing_style": "path"})
    with _making:  # clients are thread-safe, their creation is not
        return _boto3().client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            config=config,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )


@cache
def _boto3() -> Any:
    """One session for all roles: it keeps the parsed models of the services."""
    import boto3

    return boto3.session.Session()


def _require_trust(role_arn: str, name: str) -> None:
    from ministack.services import iam

    role = iam._roles.get(name)
    trust = role.get("AssumeRolePolicyDocument", "") if role else ""
    text = trust if isinstance(trust, str) else json.dumps(trust)
    if "sagemaker.amazonaws.com" not in text:
        raise ApiError(
            "ValidationException",
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows "
            "principal 'sagemaker.amazonaws.com' to assume the role.",
        )


def _session(account: str, name: str) -> Mapping[str, str]:
    """Register a session of the role with the base: one per role, the same after every call."""
    from ministack.services import sts

    digest = hashlib.sha256(f"sagemaker:{account}:{name}".encode()).hexdigest()
    secret = hashlib.sha256(f"secret:{digest}".encode()).hexdigest()
    token = hashlib.sha256(f"token:{digest}".encode()).hexdigest()
    found = {
        "AWS_ACCESS_KEY_ID": f"ASIA{digest[:16].upper()}",
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
    }
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/SageMaker",
        "UserId": f"{name}:SageMaker",
        "SecretAccessKey": secret,
        "SessionToken": token,
    }
    sts.register_session(found["AWS_ACCESS_KEY_ID"], session)
    return found
