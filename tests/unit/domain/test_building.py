"""Commits, arrivals and schedules in any order, twice, late or never."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import building, naming
from domain.building import Branch, Build, from_item, to_item
from domain.events import Commit

REPOSITORY, BRANCH = "models", "main"
PARAMETERS = {"CommitId": "a1", "DataDigest": "d1", "InputDataUri": "s3://b/data/"}


def commit(name: str, second: int) -> Commit:
    return Commit("codecommit", REPOSITORY, BRANCH, name, f"2026-11-23T06:00:{second:02d}Z")


def build(name: str, second: int, sources: str = "x") -> Build:
    parameters = {**PARAMETERS, "CommitId": name}
    return Build(name, commit(name, second).at, sources, f"{name} words", parameters)


def test_an_older_build_that_is_recorded_late_changes_nothing() -> None:
    known = building.built(Branch(), build("b2", 2))
    assert building.built(known, build("a1", 1)) == known


def test_an_older_commit_that_is_told_late_is_not_the_head() -> None:
    known = building.note(Branch(), commit("b2", 2))
    assert building.note(known, commit("a1", 1)).head == "b2"
    assert building.note(known, commit("c3", 2)).head == "c3"


def test_data_that_the_last_run_saw_starts_nothing_and_new_data_starts_one_run() -> None:
    known = building.built(Branch(), build("a1", 1))
    assert building.rerun(known, {"DataDigest": "d1"}, "data", "") is None
    run = building.rerun(known, {"DataDigest": "d2"}, "data", "")
    assert run is not None
    assert run.parameters["DataDigest"] == "d2"
    assert run.parameters["CommitId"] == "a1"
    again = building.rerun(known, {"DataDigest": "d2"}, "data", "")
    assert again is not None
    assert again.token == run.token
    assert building.rerun(building.reran(known, run), {"DataDigest": "d2"}, "data", "") is None


def test_data_that_is_put_back_is_trained_on_again() -> None:
    known = building.built(Branch(), build("a1", 1))
    tokens = []
    for digest in ("d2", "d1", "d2"):
        run = building.rerun(known, {"DataDigest": digest}, "data", "")
        assert run is not None
        tokens.append(run.token)
        known = building.reran(known, run)
    assert len(set(tokens)) == 3


def test_a_schedule_starts_once_for_each_of_its_times_on_the_same_data_too() -> None:
    known = building.built(Branch(), build("a1", 1))
    tokens = {
        getattr(building.rerun(known, {"DataDigest": "d1"}, "schedule", time), "token", None)
        for time in ("04:00", "04:00", "05:00")
    }
    assert None not in tokens
    assert len(tokens) == 2


def test_nothing_starts_before_the_first_build() -> None:
    for cause in ("data", "schedule", "drift"):
        assert building.rerun(Branch(), {"DataDigest": "d1"}, cause, "1") is None


def test_a_rerun_passes_nothing_that_the_definition_does_not_declare() -> None:
    known = building.built(Branch(), build("a1", 1))
    run = building.rerun(known, {"DataDigest": "d2", "New": "x"}, "data", "")
    assert run is not None
    assert set(run.parameters) == set(PARAMETERS)


def test_the_ledger_keeps_a_branch_as_it_is() -> None:
    known = building.built(building.note(Branch(), commit("a1", 1)), build("a1", 1))
    assert from_item(to_item(known)) == known
    assert from_item(None) == Branch()


def test_another_attempt_has_another_name_within_the_limit() -> None:
    names = {naming.build_execution("r" * 100, "c" * 64, attempt) for attempt in (0, 1, 12)}
    assert len(names) == 3
    assert all(len(name) <= naming.EXECUTION_NAME_MAX for name in names)


@dataclass
class World:
    """The repository as it is, and the product's parts around the pure rules.

    `content` is what each commit's project files are; `events` are told, or lost, in any order.
    """

    content: dict[str, str] = field(default_factory=dict)
    head: str = ""
    second: int = 0
    events: list[Commit] = field(default_factory=list)
    branch: Branch = field(default_factory=Branch)
    attempts: dict[str, int] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    reading: list[Commit] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    data: str = "d0"
    begun: dict[str, tuple[str, str]] = field(default_factory=dict)

    def push(self, name: str, content: str) -> None:
        self.second += 1
        self.content.setdefault(name, content)
        self.head = name
        self.events.append(commit(name, self.second))

    def tell(self, told: Commit) -> None:
        """start_build: under a name, then noted."""
        name = naming.build_execution(
            REPOSITORY, told.commit_id, self.attempts.get(told.commit_id, 0)
        )
        if name not in self.names:
            self.names.add(name)
            self.reading.append(told)
        self.branch = building.note(self.branch, told)

    def finish(self, told: Commit) -> None:
        """fetch_source and what follows: look at the head, compare, start, record."""
        content = self.content[told.commit_id]
        superseded = building.is_superseded(told.commit_id, self.head)
        if superseded or building.is_unchanged(self.branch, content):
            self.attempts[told.commit_id] = self.attempts.get(told.commit_id, 0) + 1
            if superseded:
                self.branch = building.superseded(self.branch, told.commit_id)
            return
        self.started.append(told.commit_id)
        made = Build(told.commit_id, told.at, content, "", {"DataDigest": self.data})
        self.branch = building.built(self.branch, made)

    def reconcile(self) -> None:
        if self.head and self.branch.head != self.head:
            self.tell(commit(self.head, self.second))

    def train(self, cause: str, cause_id: str) -> None:
        """start_pipeline: SageMaker's token makes a second start of the same cause none."""
        run = building.rerun(self.branch, {"DataDigest": self.data}, cause, cause_id)
        if run:
            assert self.begun.setdefault(run.token, (run.commit, run.data)) == (
                run.commit, run.data,
            )  # fmt: skip
            self.branch = building.reran(self.branch, run)


def apply(world: World, move: tuple[str, int, str]) -> None:
    kind, number, content = move
    if kind == "push":
        world.push(f"commit-{number}", content)
    elif kind == "tell" and world.events:  # any of them, again too
        world.tell(world.events[number % len(world.events)])
    elif kind == "lose" and world.events:
        world.events.pop(number % len(world.events))
    elif kind == "finish" and world.reading:
        world.finish(world.reading.pop(number % len(world.reading)))
    elif kind == "reconcile":
        world.reconcile()
    elif kind == "arrive":
        world.data = f"d{number}"
    elif kind in ("data", "schedule", "drift"):
        world.train(kind, str(number))


moves = st.lists(
    st.tuples(
        st.sampled_from(
            ["push", "tell", "lose", "finish", "reconcile", "arrive", "data", "schedule", "drift"]
        ),
        st.integers(0, 5),
        st.sampled_from(["x", "y"]),
    ),
    max_size=50,
)


@settings(max_examples=300)
@given(moves)
def test_no_commit_is_run_twice_and_the_newest_is_never_lost(
    sequence: list[tuple[str, int, str]],
) -> None:
    world = World()
    for move in sequence:
        apply(world, move)
    # Whatever was lost: reconcile looks, and what runs comes to its end, a few times over.
    for _ in range(4):
        world.reconcile()
        while world.reading:
            world.finish(world.reading.pop(0))
    assert len(world.started) == len(set(world.started))
    if world.head:
        was_run = world.head in world.started
        assert was_run or world.branch.sources == world.content[world.head]
        # The last arrival is told of after all that: the newest build sees the newest data.
        world.train("data", "")
        assert world.branch.data == world.data
        before = dict(world.begun)
        world.train("data", "")
        assert world.begun == before


@pytest.mark.parametrize("order", [("a1", "b2"), ("b2", "a1")])
def test_of_two_that_are_told_in_any_order_the_newest_is_the_one_recorded(
    order: tuple[str, str],
) -> None:
    world = World()
    world.push("a1", "x")
    world.push("b2", "y")
    told = {event.commit_id: event for event in world.events}
    for name in order:
        world.tell(told[name])
    while world.reading:
        world.finish(world.reading.pop(0))
    assert world.started == ["b2"]
    assert world.branch.commit == "b2"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["arrive", "data", "schedule", "build", "crash"]), st.integers(0, 3)
        ),
        max_size=30,
    )
)
def test_each_data_is_trained_on_and_a_cause_that_is_told_again_starts_nothing(
    sequence: list[tuple[str, int]],
) -> None:
    known, data, second = building.built(Branch(), build("c-0", 0)), "d1", 0
    begun: set[str] = set()  # SageMaker's own: a token that it knows starts nothing

    def start(cause: str, cause_id: str, recorded: bool = True) -> None:
        nonlocal known
        run = building.rerun(known, {"DataDigest": data}, cause, cause_id)
        if run:
            begun.add(run.token)
            known = building.reran(known, run) if recorded else known

    for kind, number in sequence:
        if kind == "arrive":
            data = f"d{number}"
        elif kind == "build":
            second += 1
            made = build(f"c-{second}", second)
            known = building.built(
                known, Build(**{**vars(made), "parameters": {"DataDigest": data}})
            )
        else:
            cause = "schedule" if kind == "schedule" else "data"
            start(cause, str(number), recorded=kind != "crash")
            before = len(begun)
            start(cause, str(number))
            assert len(begun) == before
    start("data", "")
    assert known.data == data
    assert known.commit == f"c-{second}"
