"""Which endpoint configs stay."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.keeping import (
    KEEP_GOOD,
    Good,
    from_items,
    judged,
    last_good,
    remember,
    superfluous,
    to_items,
)

CONFIGS = st.lists(st.sampled_from([f"e-v{i}" for i in range(8)]), max_size=20)


def good(config: str, version: str = "") -> Good:
    return Good(config, config, f"arn/{version or config}", f"release-{config}")


def test_the_newest_good_one_is_first_and_the_oldest_is_forgotten() -> None:
    kept = remember([good("c"), good("b"), good("a")], good("d"))

    assert [entry.config for entry in kept] == ["d", "c", "b"]


@given(CONFIGS)
def test_whatever_is_deployed_the_last_ones_stay_once_each(deployed: list[str]) -> None:
    kept: list[Good] = []
    for config in deployed:
        kept = remember(kept, good(config))

    newest_first = list(dict.fromkeys(reversed(deployed)))
    assert [entry.config for entry in kept] == newest_first[:KEEP_GOOD]


def test_a_deployment_that_is_recorded_twice_forgets_nothing() -> None:
    once = remember([good("a")], good("b"))

    assert remember(once, good("b")) == once


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=12))
def test_the_way_back_is_never_forgotten_however_often_one_version_is_released(
    versions: list[str],
) -> None:
    """Three changes of settings made three configs of the live version, and no other was left."""
    kept: list[Good] = []
    for number, version in enumerate(versions):
        kept = remember(kept, good(f"c{number}", version))

    back, others = last_good(kept), [v for v in versions if v != versions[-1]]
    assert (back is not None) == bool(others)
    assert back is None or back.model_package_arn != kept[0].model_package_arn
    assert len(kept) <= KEEP_GOOD + 1


def test_a_config_that_failed_in_production_is_not_remembered_as_good() -> None:
    live = replace(good("c"), verified=False)
    kept = judged(remember([good("b"), good("a")], live), live.release_id, passed=False)
    assert last_good(kept) == good("b")

    after = remember(kept, good("d"))

    assert [entry.config for entry in after] == ["d", "b", "a"]
    assert last_good(after) == good("b")


def test_a_config_that_passed_in_production_is_one_to_go_back_to() -> None:
    live = replace(good("c"), verified=False)
    kept = judged(remember([good("b")], live), live.release_id, passed=True)

    assert last_good(remember(kept, good("d"))) == good("c")


@given(CONFIGS, CONFIGS, st.sampled_from(["e-v0", "e-v9"]) | st.none())
def test_neither_the_live_nor_a_good_config_is_ever_superfluous(
    existing: list[str], proven: list[str], live: str | None
) -> None:
    removed = superfluous(existing, live, [good(config) for config in proven])

    assert live not in removed
    assert not set(removed) & set(proven)
    assert set(removed) <= set(existing)
    assert set(existing) - set(removed) <= {*proven, live}


def test_instances_do_not_go_back_to_a_serverless_config_which_sagemaker_cannot() -> None:
    was_serverless = replace(good("b"), is_serverless=True)

    assert last_good([good("c"), was_serverless, good("a")]) == good("a")
    assert last_good([good("c"), was_serverless]) is None
    assert last_good([replace(good("c"), is_serverless=True), was_serverless]) == was_serverless


def test_a_config_that_was_stored_before_its_kind_was_is_taken_for_instances() -> None:
    stored = {key: value for key, value in vars(good("a")).items() if key != "is_serverless"}

    assert from_items([stored]) == [good("a")]


def test_good_configs_survive_being_stored() -> None:
    kept = [good("a"), good("b")]

    assert from_items(to_items(kept)) == kept
