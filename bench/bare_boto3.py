"""What `bench/cold_start.py` compares with: the same clients and calls, and nothing else."""

import os
from typing import Any

import boto3

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "secretsmanager": ("get_secret_value", {"SecretId": "links"}),
    "dynamodb": ("get_item", {"TableName": "ledger", "Key": {"pk": {"S": "x"}, "sk": {"S": "x"}}}),
    "sagemaker": ("list_model_packages", {"ModelPackageGroupName": "churn"}),
}


CLIENTS = {service: boto3.client(service) for service in os.environ["BARE_SERVICES"].split(",")}


def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One call of each service in the variable BARE_SERVICES."""
    for service, client in CLIENTS.items():
        operation, arguments = CALLS[service]
        getattr(client, operation)(**arguments)
    return {"statusCode": 200}
