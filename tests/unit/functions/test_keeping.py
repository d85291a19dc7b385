"""Which endpoint configs stay."""

from hypothesis import given
from hypothesis import strategies as st

from domain.keeping import KEEP_GOOD, Good, from_items, remember, superfluous, to_items

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


def test_good_configs_survive_being_stored() -> None:
    kept = [good("a"), good("b")]

    assert from_items(to_items(kept)) == kept
