"""Where the local cloud uses the product's own code: a link to the release page, for its operator.

Whoever may read the stack's secret may sign links with it; on AWS that is the account's operator.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

from localcloud.cloud import REPOSITORY, RunningCloud

_DAYS = 30


def release_link(cloud: RunningCloud, stack: str, api_url: str, person: str) -> str:
    """Return the release page's address as `person` would get it in a mail, good for a month."""
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId="LinkSecret"
    )
    arn = found["StackResourceDetail"]["PhysicalResourceId"]
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=arn)
    key = json.loads(secret["SecretString"])["key"].encode()
    links = _module("domain.links")
    until = int(time.time()) + _DAYS * 86400
    query = links.sign(key, secret["VersionId"], links.RELEASES, person, until)
    return f"{api_url.rstrip('/')}/?{query}"


def _module(name: str) -> Any:
    functions = str(REPOSITORY / "functions")
    if functions not in sys.path:
        sys.path.append(functions)
    return importlib.import_module(name)
