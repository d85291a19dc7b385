"""Installing Slipway's app in the local workspace: what a person does once on Slack's site."""

from __future__ import annotations

import json

from localcloud.cloud import RunningCloud
from localcloud.slack.api import PREFIX
from localcloud.slack.workspace import BOT_TOKEN, CHANNEL, SIGNING_SECRET


def api_url(cloud: RunningCloud) -> str:
    """What the stack's parameter SlackApiUrl is set to."""
    return f"{cloud.endpoint_url}{PREFIX}/api"


def connect(cloud: RunningCloud, secret_arn: str) -> None:
    """Tell the stack the app's token, its signing secret and the channel: messages get buttons."""
    _put(
        cloud,
        secret_arn,
        {"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET, "channel": CHANNEL},
    )


def connect_webhook(cloud: RunningCloud, secret_arn: str) -> None:
    """Tell the stack an incoming webhook alone: messages have a link and no buttons."""
    _put(cloud, secret_arn, {"webhook_url": f"{cloud.endpoint_url}{PREFIX}/hooks/T0/B0/local"})


def disconnect(cloud: RunningCloud, secret_arn: str) -> None:
    """Take everything away again."""
    _put(cloud, secret_arn, {})


def _put(cloud: RunningCloud, secret_arn: str, document: dict[str, str]) -> None:
    client = cloud.client("secretsmanager")
    client.put_secret_value(SecretId=secret_arn, SecretString=json.dumps(document))
