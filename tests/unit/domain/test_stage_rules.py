"""What SageMaker does not offer together."""

import pytest

from domain import stage_rules
from domain.errors import InvalidSettingsError
from domain.stages import Stage, parse_stages
from tests.support.stage_settings import INSTANCES, SERVERLESS, stages


def production(endpoint: object) -> Stage:
    return parse_stages(stages(production={"endpoint": endpoint})).production


@pytest.mark.parametrize("runs_serverless", [True, False])
@pytest.mark.parametrize("wanted", [SERVERLESS, INSTANCES])
def test_all_changes_of_kind_can_be_made_but_from_instances_to_serverless(
    runs_serverless: bool, wanted: object
) -> None:
    stage = production(wanted)
    possible = runs_serverless or wanted is INSTANCES

    assert stage_rules.can_become(stage, runs_serverless) is possible
    if possible:
        stage_rules.check_change(stage, runs_serverless)
    else:
        with pytest.raises(InvalidSettingsError, match="Keep instances, or delete the endpoint"):
            stage_rules.check_change(stage, runs_serverless)


@pytest.mark.parametrize(
    ("kind", "has_storage"),
    [
        ("ml.m5.large", False), ("ml.m5d.large", True), ("ml.c6gd.xlarge", True),
        ("ml.c6g.xlarge", False), ("ml.r6id.large", True), ("ml.g4dn.xlarge", True),
        ("ml.g5.xlarge", True), ("ml.p4d.24xlarge", True), ("ml.p3.2xlarge", False),
        ("ml.inf2.xlarge", False), ("ml.t2.medium", False), ("ml.m7i.large", False),
    ],
)  # fmt: skip
def test_types_with_a_local_disk_are_known_by_their_name(kind: str, has_storage: bool) -> None:
    assert bool(stage_rules.WITH_LOCAL_STORAGE.match(kind)) is has_storage
