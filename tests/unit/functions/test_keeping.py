"""Which endpoint configs stay."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.keeping import (
    KEEP_GOOD,
    Good,
    from_items,
    last_good,
    remember,
    superfluous,
    to_items,
)

CONFIGS = st.lists(st.sampled_from([f"e-v{i}" for i in range(8)]), max_size=20)


def good(config: str) -> Good:
    return Good(config, config, f"arn/{config}", f"release-{config}")


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
