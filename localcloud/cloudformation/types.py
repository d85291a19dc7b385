"""The types that Slipway's template uses and the base does not make."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress
from typing import Any

from localcloud.cloudformation.resource import Created, Properties, ResourceType, only
from localcloud.context import Context


def _create_group(client: Any, _context: Context, properties: Properties) -> Created:
    only(
        properties,
        "ModelPackageGroupName",
        "ModelPackageGroupDescription",
        "ModelPackageGroupPolicy",
        "Tags",
    )
    policy = properties.get("ModelPackageGroupPolicy")
    request = {k: v for k, v in properties.items() if k != "ModelPackageGroupPolicy"}
    arn = client.create_model_package_group(**request)["ModelPackageGroupArn"]
    if policy:
        _put_policy(client, properties["ModelPackageGroupName"], policy)
    return arn, _group_attributes(client, arn)


def _put_policy(client: Any, group: str, policy: Any) -> None:
    text = policy if isinstance(policy, str) else json.dumps(policy)
    client.put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy=text)


def _update_group(client: Any, arn: str, properties: Properties) -> Created:
    policy = properties.get("ModelPackageGroupPolicy")
    if policy:
        _put_policy(client, _last(arn), policy)
    else:
        # Refused where there is none, which is what was wanted.
        with suppress(client.exceptions.ClientError):
            client.delete_model_package_group_policy(ModelPackageGroupName=_last(arn))
    _set_tags(client, arn, properties.get("Tags") or [])
    return arn, _group_attributes(client, arn)


def _group_attributes(client: Any, arn: str) -> dict[str, Any]:
    found = client.describe_model_package_group(ModelPackageGroupName=_last(arn))
    return {
        "ModelPackageGroupArn": arn,
        "ModelPackageGroupStatus": found["ModelPackageGroupStatus"],
        "CreationTime": found["CreationTime"].isoformat(),
    }


def _delete_group(client: Any, arn: str, _properties: Properties) -> None:
    client.delete_model_package_group(ModelPackageGroupName=_last(arn))


def _set_tags(client: Any, arn: str, wanted: list[dict[str, str]]) -> None:
    held = {tag["Key"] for tag in client.list_tags(ResourceArn=arn)["Tags"]}
    gone = sorted(held - {tag["Key"] for tag in wanted})
    if gone:
        client.delete_tags(ResourceArn=arn, TagKeys=gone)
    if wanted:
        client.add_tags(ResourceArn=arn, Tags=wanted)


def _last(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _create_repository(client: Any, context: Context, properties: Properties) -> Created:
    only(properties, "RepositoryName", "RepositoryDescription", "Code", "Tags")
    request = {"repositoryName": properties["RepositoryName"]}
    if properties.get("RepositoryDescription"):
        request["repositoryDescription"] = properties["RepositoryDescription"]
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or []}
    made = client.create_repository(**request, tags=tags)["repositoryMetadata"]
    if properties.get("Code"):
        _seed(client, context, properties["RepositoryName"], properties["Code"])
    return made["repositoryId"], _repository_attributes(made)


def _seed(client: Any, context: Context, name: str, code: Properties) -> None:
    """Make the first commit from the zip that `Code` names, as AWS does at creation only."""
    place = code["S3"]
    stored = context.client("s3").get_object(Bucket=place["Bucket"], Key=place["Key"])
    with zipfile.ZipFile(io.BytesIO(stored["Body"].read())) as archive:
        files = [
            {"filePath": entry.filename, "fileContent": archive.read(entry)}
            for entry in archive.infolist()
            if not entry.is_dir()
        ]
    client.create_commit(
        repositoryName=name,
        branchName=code.get("BranchName", "main"),
        commitMessage="Initial commit by AWS CodeCommit",
        putFiles=files,
    )


def _update_repository(client: Any, repository_id: str, properties: Properties) -> Created:
    name = properties["RepositoryName"]
    client.update_repository_description(
        repositoryName=name, repositoryDescription=properties.get("RepositoryDescription", "")
    )
    made = client.get_repository(repositoryName=name)["repositoryMetadata"]
    return repository_id, _repository_attributes(made)


def _repository_attributes(made: dict[str, Any]) -> dict[str, Any]:
    return {
        "Arn": made["Arn"],
        "Name": made["repositoryName"],
        "CloneUrlHttp": made["cloneUrlHttp"],
        "CloneUrlSsh": made.get("cloneUrlSsh", ""),
    }


def _delete_repository(client: Any, _repository_id: str, properties: Properties) -> None:
    client.delete_repository(repositoryName=properties["RepositoryName"])


def _create_bus_policy(client: Any, _context: Context, properties: Properties) -> Created:
    return _allow_on_bus(client, properties)


def _allow_on_bus(client: Any, properties: Properties) -> Created:
    """There is one account here, so nothing asks: the permission is kept to be looked at."""
    # The base hands the tags of the stack to every type; this one has none.
    only(properties, "StatementId", "Statement", "Tags")
    statement = properties["Statement"]
    client.put_permission(
        StatementId=properties["StatementId"],
        Action=statement["Action"],
        Principal=statement["Principal"]["AWS"].split(":")[4],
    )
    return properties["StatementId"], {}


def _update_bus_policy(client: Any, statement_id: str, properties: Properties) -> Created:
    _delete_bus_policy(client, statement_id, properties)
    return _allow_on_bus(client, properties)


def _delete_bus_policy(client: Any, statement_id: str, _properties: Properties) -> None:
    client.remove_permission(StatementId=statement_id)


TYPES = (
    # Ref is the ARN, and only tags change in place:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-modelpackagegroup.html
    ResourceType(
        name="AWS::SageMaker::ModelPackageGroup",
        service="sagemaker",
        name_property="ModelPackageGroupName",
        name_length=63,
        replacing=("ModelPackageGroupName", "ModelPackageGroupDescription"),
        create=_create_group,
        update=_update_group,
        delete=_delete_group,
    ),
    # Ref is the repository's id, its name changes in place on AWS; here a new name is a new one:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codecommit-repository.html
    ResourceType(
        name="AWS::CodeCommit::Repository",
        service="codecommit",
        name_property="RepositoryName",
        name_length=100,
        replacing=("RepositoryName",),
        create=_create_repository,
        update=_update_repository,
        delete=_delete_repository,
    ),
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
    ResourceType(
        name="AWS::Events::EventBusPolicy",
        service="events",
        name_property="StatementId",
        name_length=64,
        replacing=("StatementId",),
        create=_create_bus_policy,
        update=_update_bus_policy,
        delete=_delete_bus_policy,
    ),
)
