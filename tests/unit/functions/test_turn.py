"""One release at a time, the newest approval wins, a deployment is never interrupted."""

from dataclasses import replace

from domain import turn
from domain.turn import Effects, Release, Turn


def release(name: str) -> Release:
    return Release(name, f"arn:model-package/churn/{name}", f"arn:execution:{name}")


A, B, C = release("A"), release("B"), release("C")
FREE = Turn("production")


def held(holder: Release, phase: turn.Phase = "deploying", *line: Release) -> Turn:
    return Turn("production", holder, phase, line, revision=3)


def test_the_first_to_ask_goes_on_at_once() -> None:
    after, effects = turn.ask(FREE, A)

    assert after.holder == A
    assert effects == Effects(resume="A")


def test_the_next_one_waits_while_the_first_deploys() -> None:
    after, effects = turn.ask(held(A), B)

    assert (after.holder, after.line) == (A, (B,))
    assert effects == Effects()


def test_a_newer_approval_takes_the_place_of_one_in_line() -> None:
    after, effects = turn.ask(held(A, "deploying", B), C)

    assert (after.holder, after.line) == (A, (C,))
    assert effects == Effects(supersede=("B",))


def test_a_persons_way_back_is_not_lost_to_the_approval_that_comes_next() -> None:
    """It waits while another deploys; whoever clicked heard that production goes back."""
    back = replace(B, urgent=True)
    waiting, _ = turn.ask(held(A), back)

    after, effects = turn.ask(waiting, C)

    assert after.line == (back, C)
    assert effects == Effects()
    went, resumed = turn.leave(after, "A")
    assert (went.holder, went.line, resumed.resume) == (back, (C,), "B")


def test_of_two_ways_back_the_later_one_counts() -> None:
    earlier, later = replace(B, urgent=True), replace(C, urgent=True)

    after, effects = turn.ask(held(A, "deploying", earlier), later)

    assert after.line == (later,)
    assert effects == Effects(supersede=("B",))


def test_a_turn_that_was_stored_before_urgency_was_known_is_read() -> None:
    item = turn.to_item(held(A))
    del item["holder"]["urgent"]

    assert turn.from_item(item) == held(A)


def test_a_release_that_waits_for_promotion_gives_way() -> None:
    after, effects = turn.ask(held(A, "waiting"), B)

    assert after.line == (B,)
    assert effects == Effects(supersede=("A",))


def test_one_that_begins_to_wait_while_another_is_in_line_gives_way() -> None:
    _, effects = turn.enter(held(A, "deploying", B), "A", "waiting")

    assert effects == Effects(supersede=("A",))


def test_one_that_gave_way_while_it_waited_may_not_deploy_after_all() -> None:
    """It was promoted in the moment in which it was superseded, or in a freeze."""
    waiting, superseded = turn.ask(held(A, "waiting"), B)
    assert superseded.supersede == ("A",)

    _, effects = turn.enter(waiting, "A", "deploying")

    assert effects == Effects(supersede=("A",))


def test_a_retried_step_of_a_deployment_goes_on_though_another_came_meanwhile() -> None:
    deploying, _ = turn.enter(held(A, "waiting"), "A", "deploying")
    in_line, _ = turn.ask(deploying, B)

    after, effects = turn.enter(in_line, "A", "deploying")

    assert after == in_line
    assert effects == Effects()


def test_one_that_does_not_hold_the_endpoint_may_not_deploy() -> None:
    after, effects = turn.enter(held(A), "B", "deploying")

    assert after == held(A)
    assert effects == Effects(supersede=("B",))


def test_leaving_lets_the_next_one_go_on() -> None:
    after, effects = turn.leave(held(A, "waiting", B), "A")

    assert (after.holder, after.phase, after.line) == (B, "deploying", ())
    assert effects == Effects(resume="B")


def test_leaving_twice_changes_nothing_more() -> None:
    once, _ = turn.leave(held(A, "deploying", B), "A")

    twice, effects = turn.leave(once, "A")

    assert twice == once
    assert effects == Effects()


def test_the_last_one_leaves_the_endpoint_free() -> None:
    after, effects = turn.leave(held(A), "A")

    assert after.holder is None
    assert effects == Effects()


def test_one_in_line_may_leave_it() -> None:
    after, effects = turn.leave(held(A, "deploying", B), "B")

    assert (after.holder, after.line) == (A, ())
    assert effects == Effects()


def test_asking_again_is_answered_as_the_first_time() -> None:
    once, _ = turn.ask(held(A), B)

    twice, effects = turn.ask(once, B)

    assert twice == once
    assert effects == Effects()


def test_a_turn_survives_being_stored() -> None:
    for one in (FREE, held(A), held(A, "waiting", replace(B, urgent=True))):
        assert turn.from_item(turn.to_item(one)) == one
