"""Ten failures within an hour are two mails at most: the first at once, the number at the end."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.flood import HOUR, Window, add, from_item, is_first, owes, to_item, told

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def test_ten_failures_in_an_hour_are_one_message_and_one_number() -> None:
    window = told(add(Window(), "run-0", START), 1)
    for number in range(1, 10):
        window = add(window, f"run-{number}", at(number))
        assert not is_first(window, f"run-{number}")
    assert owes(window, at(59)) == 0
    assert owes(window, at(60)) == 10
    assert owes(told(window, 10), at(60)) == 0


def test_a_single_failure_owes_nothing_more() -> None:
    window = told(add(Window(), "run", START), 1)
    assert owes(window, at(61)) == 0


def test_the_first_one_after_an_hour_is_told_at_once() -> None:
    window = told(add(Window(), "old", START), 1)
    window = add(window, "new", at(60))
    assert is_first(window, "new")


def test_an_execution_that_is_told_of_again_counts_once() -> None:
    window = add(add(Window(), "run", START), "run", at(1))
    assert window.executions == ("run",)
    # Its mail could not be sent: the event comes again, and is the first still.
    assert is_first(window, "run")


def test_the_ledger_keeps_a_window_as_it_is() -> None:
    window = told(add(Window(), "run", START), 1)
    assert from_item(to_item(window)) == window
    assert from_item(None) == Window()


class People:
    """What people are told when failures come at some minutes, each event perhaps twice."""

    def __init__(self) -> None:
        self.window = Window()
        self.heard = 0
        self.times: list[datetime] = []

    def look(self, now: datetime) -> None:
        if count := owes(self.window, now):
            self.heard += count - self.window.told
            self.times.append(now)
            self.window = told(self.window, count)

    def fail(self, name: str, now: datetime) -> None:
        self.look(now)
        self.window = add(self.window, name, now)
        if is_first(self.window, name):
            self.window = told(self.window, 1)
            self.heard += 1
            self.times.append(now)


@given(st.lists(st.integers(0, 600), max_size=40))
def test_everyone_hears_of_every_failure_and_of_two_an_hour_at_most(minutes: list[int]) -> None:
    people = People()
    for number, minute in enumerate(sorted(minutes)):
        people.fail(f"run-{number}", at(minute))
        people.fail(f"run-{number}", at(minute))
    people.look(at(10_000))
    assert people.heard == len(minutes)
    for first, third in zip(people.times, people.times[2:], strict=False):
        assert third - first >= HOUR
