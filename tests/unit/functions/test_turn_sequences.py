"""Whatever the order in which many releases ask, wait, deploy and leave."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain import turn
from domain.turn import Effects, Release, Turn

PHASES: st.SearchStrategy[turn.Phase] = st.sampled_from(["deploying", "waiting"])


def _release(number: int) -> Release:
    """Every third is a way back."""
    return Release(f"r{number}", f"arn:{number}", f"execution:{number}", number % 3 == 2)


class Endpoint(RuleBasedStateMachine):
    """Releases as the state machine drives them: ask once (or retried), work, leave at the end.

    `going` are those that were told to go on and have not left; `out` those that were superseded.
    """

    def __init__(self) -> None:
        super().__init__()
        self.turn = Turn("production")
        self.asked: list[str] = []
        self.going: set[str] = set()
        self.out: set[str] = set()
        self.left: set[str] = set()

    def take(self, before: Turn, after: Turn, effects: Effects) -> None:
        """What follows, as the adapter carries it out; a deploying holder is never among it."""
        if before.holder and before.phase == "deploying" and after.phase == "deploying":
            assert before.holder.release_id not in effects.supersede
        if effects.resume:
            assert after.holder is not None
            assert effects.resume == after.holder.release_id
            assert self.going <= {effects.resume}, "another one was still going"
            assert effects.resume not in self.out, "a superseded release was told to go on"
            self.going.add(effects.resume)
        self.out |= set(effects.supersede)
        self.turn = after

    @rule()
    def a_new_release_asks(self) -> None:
        name = f"r{len(self.asked)}"
        self.asked.append(name)
        new, before = _release(len(self.asked) - 1), self.turn
        after, effects = turn.ask(before, new)
        lost = [w for w in before.line if w.release_id in effects.supersede and w.urgent]
        assert new.urgent or not lost, "an approval took the place of a way back"
        self.take(before, after, effects)
        assert name in self.present(), "who asked last holds the endpoint or is in line"

    @rule(pick=st.integers(0, 50))
    def an_ask_is_retried(self, pick: int) -> None:
        waiting = [r.release_id for r in self.turn.line]
        if waiting:
            name = waiting[pick % len(waiting)]
            before = self.turn
            self.take(before, *turn.ask(before, _release(int(name[1:]))))
            assert self.turn == before

    @rule(phase=PHASES)
    def the_holder_goes_on_to_another_phase(self, phase: turn.Phase) -> None:
        if self.turn.holder and self.turn.holder.release_id not in self.out:
            name = self.turn.holder.release_id
            before = self.turn
            after, effects = turn.enter(before, name, phase)
            if phase == "deploying" and name in effects.supersede:
                assert before.phase == "waiting"
            self.take(before, after, effects)

    @rule(pick=st.integers(0, 50))
    def a_superseded_one_tries_to_deploy(self, pick: int) -> None:
        if self.out and self.turn.line:  # whoever took its place may have left since
            name = sorted(self.out)[pick % len(self.out)]
            _, effects = turn.enter(self.turn, name, "deploying")
            assert name in effects.supersede

    @rule(pick=st.integers(0, 50))
    def somebody_leaves_perhaps_twice(self, pick: int) -> None:
        if self.asked:
            name = self.asked[pick % len(self.asked)]
            self.left.add(name)
            self.going.discard(name)
            self.take(self.turn, *turn.leave(self.turn, name))
            assert name not in self.present()

    def present(self) -> set[str]:
        holder = [self.turn.holder] if self.turn.holder else []
        return {r.release_id for r in (*holder, *self.turn.line)}

    @invariant()
    def at_most_one_is_going_and_it_holds_the_endpoint(self) -> None:
        holder = self.turn.holder.release_id if self.turn.holder else None
        assert self.going <= {holder}

    @invariant()
    def whoever_holds_the_endpoint_was_told_to_go_on(self) -> None:
        if self.turn.holder:
            assert self.turn.holder.release_id in self.going

    @invariant()
    def the_newest_that_has_not_left_is_never_lost(self) -> None:
        if self.asked and self.asked[-1] not in self.left:
            assert self.asked[-1] in self.present()
            assert self.asked[-1] not in self.out

    @invariant()
    def nobody_waits_for_an_endpoint_that_is_free(self) -> None:
        assert self.turn.holder or not self.turn.line
        assert [r.urgent for r in self.turn.line] in ([], [False], [True], [True, False])


TestEndpoint = Endpoint.TestCase
TestEndpoint.settings = settings(deadline=None, max_examples=60, stateful_step_count=30)
