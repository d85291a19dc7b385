"""Failures of one pipeline within an hour are one message with a count; who waits hears at once."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain import flood
from domain.flood import CLAIMED, HOUR, ONE_AN_HOUR, Failure, Window, from_item, to_item

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
AT_ONCE = "first-at-once"
KINDS = ("pipeline_failed", "gate_not_met", "challenger_not_better", "pipeline_stopped")


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def failure(name: str, now: datetime, *, awaited: bool = True, kind: str = KINDS[0]) -> Failure:
    return Failure(name, kind, f"Train: {name}", int(now.timestamp()), awaited)


@dataclass
class People:
    """What people hear: `heard` are the messages, each the executions that it counts."""

    mode: str
    window: Window = field(default_factory=Window)
    heard: list[tuple[str, ...]] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    def fail(
        self, name: str, now: datetime, *, awaited: bool = True, sent: str = "yes", kind: int = 0
    ) -> None:
        """An end is told of, as `adapters.failures.tell` has it."""
        self.look(now, sent)
        one = failure(name, now, awaited=awaited, kind=KINDS[kind])
        self.window, at_once = flood.count(self.window, one, self.mode, now)
        self._tell(at_once, now, sent)

    def look(self, now: datetime, sent: str = "yes") -> None:
        """The hour's schedule, or `reconcile`."""
        self.window, due = flood.settle(self.window, now)
        self._tell(due, now, sent)

    def _tell(self, failures: tuple[Failure, ...], now: datetime, sent: str) -> None:
        if failures and sent == "yes":
            self.heard.append(tuple(f.execution for f in failures))
            self.times.append(now)
            self.window = flood.told(self.window, failures)
        elif failures and sent == "refused":
            self.window = flood.not_told(self.window, failures)
        self.window = from_item(to_item(self.window))


def ten(people: People, *, awaited: bool) -> tuple[str, ...]:
    """Ten failures within an hour, of every kind."""
    names = tuple(f"run-{number}" for number in range(10))
    for number, name in enumerate(names):
        people.fail(name, at(number), awaited=awaited, kind=number % 4)
    return names


def test_ten_failures_of_mixed_kinds_are_one_message_when_the_hour_is_over() -> None:
    people = People(ONE_AN_HOUR)
    names = ten(people, awaited=True)
    people.look(at(59.9))
    assert people.heard == []
    people.look(at(60))
    people.look(at(61))
    assert people.heard == [names]


def test_ten_failures_that_nobody_waits_for_are_one_message_in_either_mode() -> None:
    people = People(AT_ONCE)
    names = ten(people, awaited=False)
    people.look(at(60))
    assert people.heard == [names]


def test_the_first_failure_that_somebody_waits_for_is_told_at_once_and_counted() -> None:
    people = People(AT_ONCE)
    people.fail("nightly", at(0), awaited=False)
    people.fail("pushed", at(1))
    people.fail("pushed-again", at(2))
    assert people.heard == [("pushed",)]
    people.look(at(60))
    assert people.heard == [("pushed",), ("nightly", "pushed", "pushed-again")]


def test_another_kind_of_failure_that_somebody_waits_for_is_told_at_once_too() -> None:
    people = People(AT_ONCE)
    people.fail("failed", at(0))
    people.fail("gate", at(1), kind=1)
    people.fail("nightly", at(2), kind=2, awaited=False)
    people.fail("gate-again", at(3), kind=1)
    assert people.heard == [("failed",), ("gate",)]
    people.look(at(60))
    assert people.heard[2:] == [("failed", "gate", "nightly", "gate-again")]


def test_a_lone_failure_is_one_message_at_once_or_at_the_end_of_the_hour() -> None:
    for mode, minute in ((AT_ONCE, 0), (ONE_AN_HOUR, 60)):
        people = People(mode)
        people.fail("pushed", at(0))
        people.look(at(60))
        people.look(at(120))
        assert (people.heard, people.times) == ([("pushed",)], [at(minute)])


def test_the_first_one_after_an_hour_is_told_at_once_again() -> None:
    people = People(AT_ONCE)
    people.fail("old", at(0))
    people.fail("new", at(60))
    assert people.heard == [("old",), ("new",)]


def test_an_end_that_is_told_late_again_is_not_counted_in_the_next_hour() -> None:
    people = People(ONE_AN_HOUR)
    people.fail("run", at(0))
    people.fail("next", at(61))
    people.fail("run", at(62))
    people.look(at(200))
    assert people.heard == [("run",), ("next",)]


def test_a_message_that_could_not_be_sent_at_once_is_sent_when_its_event_comes_again() -> None:
    people = People(AT_ONCE)
    people.fail("run", at(0), sent="refused")
    people.fail("run", at(1))
    assert people.heard == [("run",)]


def test_of_two_that_look_at_the_same_time_one_tells() -> None:
    window, _ = flood.count(Window(), failure("run", START), ONE_AN_HOUR, START)
    window, mine = flood.settle(window, at(60))
    window, others = flood.settle(window, at(60))
    assert [f.execution for f in mine] == ["run"]
    assert others == ()
    # The one that claimed it died.
    _, again = flood.settle(window, at(60) + CLAIMED)
    assert [f.execution for f in again] == ["run"]


def test_of_two_deliveries_of_one_end_one_tells_at_once() -> None:
    window, mine = flood.count(Window(), failure("run", START), AT_ONCE, START)
    window, others = flood.count(window, failure("run", START), AT_ONCE, START)
    assert (len(mine), others) == (1, ())


def test_a_failure_is_held_until_the_hour_ends_or_it_is_told() -> None:
    window, _ = flood.count(Window(), failure("run", START), ONE_AN_HOUR, START)
    assert window.holds("run")
    assert window.ends == at(60)
    assert not flood.told(window, window.failures).holds("run")


def test_the_ledger_keeps_a_window_as_it_is() -> None:
    window, _ = flood.count(Window(), failure("run", START), ONE_AN_HOUR, START)
    window, _ = flood.settle(window, at(60))
    window, _ = flood.count(window, failure("next", at(61)), ONE_AN_HOUR, at(61))
    assert window.due
    assert window.failures
    assert window.before
    assert from_item(to_item(window)) == window
    assert from_item(None) == Window()


# Each failure: its minute, how late its end is told again (if it is), whether a person waits, and
# what becomes of the message that its event sends.
RUNS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.none() | st.integers(0, 60),
        st.booleans(),
        st.sampled_from(["yes", "yes", "refused", "died"]),
        st.integers(0, 3),
    ),
    max_size=30,
)


@given(RUNS, st.lists(st.integers(0, 500), max_size=12), st.sampled_from([AT_ONCE, ONE_AN_HOUR]))
def test_no_failure_is_lost_none_counted_twice_and_nobody_is_flooded(
    runs: list[tuple[int, int | None, bool, str, int]], looks: list[int], mode: str
) -> None:
    people = People(mode)
    waits = {f"run-{number}": awaited for number, (_, _, awaited, _, _) in enumerate(runs)}
    steps: list[tuple[float, str, str, int]] = [(minute, "", "yes", 0) for minute in looks]
    for number, (minute, late, _, sent, kind) in enumerate(runs):
        steps.append((minute, f"run-{number}", sent, kind))
        steps += [] if late is None else [(minute + late, f"run-{number}", "yes", kind)]
    for minute, name, sent, kind in sorted(steps):
        if name:
            people.fail(name, at(minute), awaited=waits[name], sent=sent, kind=kind)
        else:
            people.look(at(minute))
    people.look(at(1_000))
    people.look(at(2_000))
    assert people.window.due == ()

    told = Counter(name for message in people.heard for name in message)
    assert set(told) == set(waits)
    first = Counter(message[0] for message in people.heard if len(message) == 1)
    for name, times in told.items():
        # Twice only what was told at once, and is in the hour's count as well.
        assert times == 1 or (times == 2 and mode == AT_ONCE and waits[name] and first[name] == 1)
    most = 1 if mode == ONE_AN_HOUR else 1 + len({kind for *_, kind in runs})
    if all(sent == "yes" for *_, sent, _ in runs):
        for early, late_one in zip(people.times, people.times[most:], strict=False):
            assert late_one - early >= HOUR
