"""Fault: `Ref` of an AWS::SecretsManager::Secret gives its name; on AWS it gives its ARN.

A policy that says `Resource: !Ref TheSecret` then names no resource.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html#aws-resource-secretsmanager-secret-return-values
"""

from typing import Any

from ministack.services.cloudformation import provisioners

from localcloud.repairs import base

_TYPE = "AWS::SecretsManager::Secret"


def _name(physical_id: str) -> str:
    """The name in a secret's ARN, which ends in a hyphen and six characters."""
    return physical_id.rsplit(":", 1)[-1][:-7] if physical_id.startswith("arn:") else physical_id


def install(_context: object) -> None:
    """Let the physical id of a secret be its ARN."""
    create = base.expect(provisioners, "_sm_secret_create", "4b414b79ffc46dc5")
    update = base.expect(provisioners, "_sm_secret_update", "aca0e8f57bef8c17")
    delete = base.expect(provisioners, "_sm_secret_delete", "c38ec643ba79bc26")

    def created(logical_id: str, props: Any, stack_name: str) -> tuple[str, dict[str, Any]]:
        _, attributes = create(logical_id, props, stack_name)
        return attributes["Arn"], attributes

    def updated(physical_id: str, *rest: Any, **named: Any) -> Any:
        result = update(_name(physical_id), *rest, **named)
        attributes = result[1]
        return (attributes["Arn"], *result[1:])

    def deleted(physical_id: str, props: Any) -> None:
        delete(_name(physical_id), props)

    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    handlers.update({"create": created, "update": updated, "delete": deleted})
