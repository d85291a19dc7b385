"""The ledger on moto's DynamoDB: every race has one winner."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from adapters import ledger as module
from adapters.ledger import Ledger, LedgerBusyError
from domain import turn
from domain.ledger import Fact, Key, turn_key
from domain.turn import Effects, Release, Turn
from tests.support.product import NOW, World

KEY = Key("TEST#1")


def test_an_item_comes_back_as_it_was(world: World) -> None:
    item: dict[str, Any] = {
        "text": "é", "number": 3, "figure": 0.125, "yes": True, "none": None,
        "list": [1, {"deep": ["x"]}], "empty": {}, "tuple": ["a"],
    }  # fmt: skip
    world.ledger.put(KEY, item)

    assert world.ledger.get(KEY) == item | {"pk": KEY.pk, "sk": KEY.sk}


def test_what_is_not_there_is_none(world: World) -> None:
    assert world.ledger.get(KEY) is None
    world.ledger.delete(KEY)


def test_the_second_to_create_an_item_changes_nothing(world: World) -> None:
    assert world.ledger.create(KEY, {"by": "first"})
    assert not world.ledger.create(KEY, {"by": "second"})
    assert (world.ledger.get(KEY) or {})["by"] == "first"


def test_of_many_who_create_one_does(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda i: world.ledger.create(KEY, {"by": i}), range(16)))

    assert written.count(True) == 1
    assert (world.ledger.get(KEY) or {})["by"] == written.index(True)


def test_of_two_who_read_the_same_revision_one_replaces_it(world: World) -> None:
    world.ledger.create(KEY, {"revision": 1})

    assert world.ledger.replace(KEY, {"revision": 2, "by": "first"}, 1)
    assert not world.ledger.replace(KEY, {"revision": 2, "by": "second"}, 1)


def test_an_item_that_is_gone_is_not_replaced(world: World) -> None:
    assert not world.ledger.replace(KEY, {"revision": 2}, 1)
    assert world.ledger.get(KEY) is None


def test_a_flag_is_set_once_until_it_is_taken_back(world: World) -> None:
    world.ledger.create(KEY, {})

    assert world.ledger.flag(KEY, "announced")
    assert not world.ledger.flag(KEY, "announced")
    world.ledger.unflag(KEY, "announced")
    assert world.ledger.flag(KEY, "announced")


def test_a_flag_makes_no_item(world: World) -> None:
    assert not world.ledger.flag(KEY, "announced")
    assert world.ledger.get(KEY) is None


def test_of_many_who_set_a_flag_one_gets_it(world: World) -> None:
    world.ledger.create(KEY, {})
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: world.ledger.flag(KEY, "announced"), range(16)))

    assert got.count(True) == 1


def test_an_update_keeps_what_it_does_not_name(world: World) -> None:
    world.ledger.update(KEY, {"a": 1, "status": "x"})
    world.ledger.update(KEY, {"status": "y"})

    item = world.ledger.get(KEY) or {}
    assert (item["a"], item["status"]) == (1, "y")


def test_a_fact_is_written_once_and_the_timeline_is_in_order(world: World) -> None:
    def fact(cause: str, minutes: int) -> Fact:
        return Fact("churn", "commit:c", "build", cause, NOW + timedelta(minutes=minutes), cause)

    assert world.ledger.record(fact("late", 5))
    assert world.ledger.record(fact("early", 1))
    assert not world.ledger.record(fact("late", 9))

    assert [item["title"] for item in world.ledger.timeline("commit:c")] == ["early", "late"]
    assert [item["title"] for item in world.ledger.recent("churn")] == ["late", "early"]
    assert world.ledger.recent("another") == []


def test_a_count_is_exact_under_many(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: world.ledger.count(KEY, "n", 99), range(20)))

    assert sorted(counts) == list(range(1, 21))


def test_a_transformation_under_many_loses_nothing(world: World) -> None:
    def plain(name: str) -> None:
        world.ledger.transform(KEY, lambda item: _with(item, name))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(plain, "abcdefgh"))

    assert (world.ledger.get(KEY) or {})["names"] == list("abcdefgh")


def _with(item: dict[str, Any] | None, name: str) -> dict[str, Any]:
    kept = {k: v for k, v in (item or {}).items() if k not in {"pk", "sk"}}
    return kept | {"names": sorted([*kept.get("names", []), name])}


def _release(name: str) -> Release:
    return Release(name, f"arn/{name}", f"execution/{name}")


def test_of_many_who_ask_for_a_turn_one_goes_on_and_one_waits(world: World) -> None:
    with ThreadPoolExecutor(6) as pool:
        effects = list(
            pool.map(
                lambda i: world.ledger.change_turn("e", lambda t: turn.ask(t, _release(f"r{i}"))),
                range(12),
            )
        )

    now = turn.from_item(world.ledger.get(turn_key("e")) or {})
    resumed = [effect.resume for effect in effects if effect.resume]
    superseded = [name for effect in effects for name in effect.supersede]
    assert now.holder
    assert resumed == [now.holder.release_id]
    assert len(now.line) == 1
    assert sorted([*resumed, now.line[0].release_id, *superseded]) == sorted(
        f"r{i}" for i in range(12)
    )


def test_a_turn_that_does_not_change_is_not_written(world: World) -> None:
    effects = world.ledger.change_turn("e", lambda t: (t, Effects(resume="x")))

    assert effects == Effects(resume="x")
    assert world.ledger.get(turn_key("e")) is None


def test_a_turn_that_never_holds_still_is_a_fault_that_is_retried(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RACES", 3)
    busy = Ledger(world.ledger.table)

    def meanwhile(now: Turn) -> tuple[Turn, Effects]:
        world.ledger.put(turn_key("e"), turn.to_item(now) | {"revision": now.revision + 1})
        return turn.ask(now, _release("late"))

    with pytest.raises(LedgerBusyError, match="changed 3 times"):
        busy.change_turn("e", meanwhile)


def test_a_token_lies_under_the_name_of_what_is_awaited(world: World) -> None:
    world.ledger.register_wait("turn:r", "token-1", NOW)
    world.ledger.register_wait("turn:r", "token-2", NOW)

    assert world.ledger.awaited("turn:r") == "token-2"
    assert world.ledger.awaited("turn:other") is None


def test_everything_of_a_project_is_found_on_however_many_pages(world: World) -> None:
    """DynamoDB ends a page at 1 MB."""
    for number in range(9):
        detail = {"number": number, "padding": "x" * 300_000}
        at = NOW + timedelta(minutes=number)
        assert world.ledger.record(Fact("churn", f"v{number}", "build", "t", at, "c", detail))
    world.ledger.record(Fact("abalone", "v9", "registered", "t", NOW, "c"))

    found = world.ledger.everything("churn")
    assert [fact["detail"]["number"] for fact in found] == list(range(8, -1, -1))
