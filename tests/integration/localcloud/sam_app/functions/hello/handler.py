"""Greets whoever is named: over HTTP, by an event, by a state machine."""

import os
from typing import Any

import boto3


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Remember the name in the table and greet it."""
    path = event.get("pathParameters") or {}
    detail = event.get("detail") or event
    name = path.get("name") or detail["name"]
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item={"name": {"S": name}})
    return {"greeting": f"{os.environ['GREETING']}, {name}", "url": event.get("rawPath", "")}
