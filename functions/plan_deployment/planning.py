"""Working out a deployment from the settings of a commit and the endpoint as it is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from adapters import endpoints, projects, scaling
from adapters.endpoints import Live
from adapters.settings import Reaching
from domain import deployment, stage_rules
from domain.naming import version_of
from domain.release import names
from domain.stages import Instances, Stage


@dataclass(frozen=True)
class Settings(Reaching):
    """What the template sets."""

    artifact_bucket: str
    model_role_arn: str
    production_model_role_arn: str
    project_id: str
    project_name: str

    def serving_role_at(self, endpoint: str) -> str:
        """The role that a model serves with: one of the account in which it does."""
        at_production = endpoint == self.production_endpoint_name
        return self.production_model_role_arn if at_production else self.model_role_arn


def plan(event: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Every argument of the deployment's calls.

    The count of instances that autoscaling has reached is kept, never reset, unless the settings
    have set it other bounds. Raises `InvalidSettingsError` when production cannot become what the
    settings say; staging, which nobody relies on, is made anew instead.
    """
    stages = projects.stages(event["settings_uri"])
    stage = stages.staging if event["stage"] == "staging" else stages.production
    endpoint, arn = event["endpoint_name"], event["model_package_arn"]
    made = names(endpoint, version_of(arn), event["release_id"])
    back_to = event.get("back_to")
    if back_to:
        made = deployment.Names(endpoint, back_to["model"], back_to["config"])
    role = settings.role_at(endpoint)
    found = endpoints.look(endpoint, role)
    replaces = found is not None and _is_replaced(stage, found)
    live = None if replaces else found
    tags = deployment.project_tags(settings.project_name, settings.project_id)
    count = _reached(stage, live)
    config = deployment.endpoint_config(stage, made, settings.artifact_bucket, tags, count)
    return {
        "stage": stage.name,
        "release_id": event["release_id"],
        "model_package_arn": arn,
        "endpoint_name": endpoint,
        "endpoint_config_name": made.config,
        "model_name": made.model,
        "exists": live is not None,
        "replaces": replaces,
        # SageMaker refuses to change what moves: it is waited for, and planned again.
        "moves": found is not None and found.is_moving,
        # Not if it was made before production moved to another account, or somebody removed it.
        "config_exists": bool(back_to) and made.config in endpoints.configs_of(endpoint, role),
        # What a person went back from is not good any more.
        "not_good": back_to["from"] if back_to else "",
        "previous_config": live.config if live else "",
        "tags": tags,
        "model": _model(stage, made, arn, settings, tags),
        "endpoint_config": config,
        "alarms": deployment.alarms(stage, made, tags) if live else [],
        "update": _update(stage, made, count, keeps_count=bool(back_to and stage.autoscaling)),
        "lifts_scaling": live is not None and _lifts_scaling(stage, live, endpoint, settings),
        # Where there was no endpoint and nothing is wanted, there is nothing to set.
        "sets_scaling": isinstance(stage.capacity, Instances) and bool(stage.autoscaling or live),
        "autoscaling": asdict(stage.autoscaling) if stage.autoscaling else None,
        "count": stage.capacity.count if isinstance(stage.capacity, Instances) else None,
        "capacity_wait_seconds": stage.rollout.capacity_wait_seconds,
        "wait_seconds": deployment.wait_seconds(stage),
    }


def _is_replaced(stage: Stage, live: Live) -> bool:
    """Whether SageMaker can only delete the endpoint, so that it has to be made anew.

    One that failed serves nothing. Production that cannot become what is wanted is for a person to
    end.
    """
    if live.status == "Failed" or live.is_moving:
        return live.status == "Failed"
    if stage.name == "staging":
        return not stage_rules.can_become(stage, live.is_serverless)
    stage_rules.check_change(stage, live.is_serverless)
    return False


def _lifts_scaling(stage: Stage, live: Live, endpoint: str, settings: Settings) -> bool:
    """Whether the instance type changes, which SageMaker refuses while a target is registered."""
    if live.is_moving or live.is_serverless or not isinstance(stage.capacity, Instances):
        return False
    role = settings.role_at(endpoint)
    same = endpoints.instance_type_in(live.config, role) == stage.capacity.type
    return not same and scaling.is_registered(endpoint, role)


def _reached(stage: Stage, live: Live | None) -> int | None:
    """The instances that scaling has reached, as far as its bounds allow; None without scaling."""
    bounds = stage.autoscaling
    if live is None or live.count is None or bounds is None:
        return None
    return max(bounds.min_count, min(live.count, bounds.max_count))


def _model(
    stage: Stage,
    made: deployment.Names,
    arn: str,
    settings: Settings,
    tags: list[dict[str, str]],
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "ModelName": made.model,
        "PrimaryContainer": {"ModelPackageName": arn},
        "ExecutionRoleArn": settings.serving_role_at(made.endpoint),
        "Tags": tags,
    }
    if stage.vpc:
        request["VpcConfig"] = {
            "Subnets": list(stage.vpc.subnets),
            "SecurityGroupIds": list(stage.vpc.security_groups),
        }
    return request


def _update(
    stage: Stage, made: deployment.Names, count: int | None, keeps_count: bool
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "EndpointName": made.endpoint,
        "EndpointConfigName": made.config,
        # An old config has an old count: what autoscaling has reached since then is kept.
        "RetainAllVariantProperties": keeps_count,
    }
    guardrails = deployment.deployment_config(stage, made, count)
    if guardrails:
        request["DeploymentConfig"] = guardrails
    return request
