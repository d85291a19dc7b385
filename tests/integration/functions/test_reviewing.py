"""The approval's page: looking changes nothing, a decision counts once, wrong links open none."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from decide_approval import deciding

from adapters import approvals, asking, attempts, objects, reviewing
from domain import ledger as keys
from domain.approval import Kind, State
from domain.deciding import Subject, open_approval
from domain.ledger import Fact
from domain.policy import StagePolicy
from tests.support.product import ADA, BOB, COMMIT, NOW, World, arn_of
from tests.support.stage_settings import stages

RELEASE = "release-v7-a1"
REVIEW = approvals.review_id(arn_of(7))
PROMOTION = approvals.promotion_id(RELEASE)


@pytest.fixture(name="review")
def _review(world: World) -> World:
    """Version 7 waits for its review."""
    version = world.register(7)
    uri = f"s3://artifacts/definitions/{COMMIT}/settings.json"
    assert asking.review(version, uri, world.settings, NOW)
    return world


@pytest.fixture(name="promotion")
def _promotion(world: World) -> World:
    """Release of version 7 waits for its promotion."""
    world.register(7, "Approved")
    approval = open_approval(
        StagePolicy((ADA, BOB)), Kind.PROMOTION, Subject(arn_of(7), 7, RELEASE), PROMOTION, NOW
    )
    approvals.create(world.ledger, approval, "churn")
    world.ledger.register_wait(keys.promotion_wait(RELEASE), "token", NOW)
    return world


def press(world: World, url: str, decision: str, reason: str = "") -> tuple[int, str]:
    request = world.request(url, decision=decision, reason=reason)
    return deciding.decide(request, world.pages, NOW)


def test_everybody_who_may_decide_gets_a_mail(review: World) -> None:
    assert [person for person, _ in review.mails] == [ADA, BOB]


def test_a_review_that_is_asked_again_writes_to_nobody(review: World) -> None:
    uri = f"s3://artifacts/definitions/{COMMIT}/settings.json"

    assert not asking.review(review.register(7), uri, review.settings, NOW)
    assert len(review.mails) == 2


def test_a_mail_that_failed_is_sent_by_the_next_try(world: World) -> None:
    version, uri = world.register(7), f"s3://artifacts/definitions/{COMMIT}/settings.json"
    world.mail_fails = lambda: True
    with pytest.raises(RuntimeError):
        asking.review(version, uri, world.settings, NOW)
    world.mail_fails = lambda: False

    assert asking.review(version, uri, world.settings, NOW)
    assert [person for person, _ in world.mails] == [ADA, BOB]


@pytest.mark.parametrize("times", [1, 3])
def test_opening_a_link_writes_nothing(review: World, times: int) -> None:
    before = review.table()

    for _ in range(times):
        status, html = reviewing.show(review.request(review.link(REVIEW)), review.pages, NOW)
        assert status == 200
        assert "version 7" in html.lower()

    assert review.table() == before
    assert review.decided == []


def test_opening_the_link_of_a_promotion_wakes_no_release(promotion: World) -> None:
    before = promotion.table()

    status, _ = reviewing.show(promotion.request(promotion.link(PROMOTION)), promotion.pages, NOW)

    assert status == 200
    assert promotion.table() == before
    assert promotion.resumed == []


@pytest.mark.parametrize(
    ("decision", "status", "state"),
    [("approve", "Approved", State.APPROVED), ("reject", "Rejected", State.REJECTED)],
)
def test_a_decision_is_recorded_and_told_to_the_registry(
    review: World, decision: str, status: str, state: State
) -> None:
    answered, _ = press(review, review.link(REVIEW), decision, "looks as it should")

    assert answered == 200
    stored = approvals.load(review.ledger, REVIEW)
    assert stored
    assert (stored.state, stored.decisions[0].person) == (state, ADA)
    assert review.decided == [(arn_of(7), status, f"{ADA}: looks as it should")]


def test_a_second_press_changes_nothing_and_shows_the_first(review: World) -> None:
    press(review, review.link(REVIEW), "approve", "good")
    decided, first = list(review.decided), approvals.load(review.ledger, REVIEW)

    answered, html = press(review, review.link(REVIEW, BOB), "reject", "bad")

    assert answered == 409
    assert ADA in html
    assert (review.decided, approvals.load(review.ledger, REVIEW)) == (decided, first)


def test_of_two_who_press_at_the_same_time_one_decides(review: World) -> None:
    links = [(review.link(REVIEW, ADA), "approve"), (review.link(REVIEW, BOB), "reject")]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda pair: press(review, *pair, "why not")[0], links))

    assert sorted(answers) == [200, 409]
    assert len(review.decided) == 1


@pytest.mark.parametrize(("decision", "words"), [("approve", "approved"), ("reject", "rejected")])
def test_a_promotion_wakes_the_release_that_waits_once(
    promotion: World, decision: str, words: str
) -> None:
    press(promotion, promotion.link(PROMOTION), decision, "seen it")
    press(promotion, promotion.link(PROMOTION), decision, "seen it")

    ((token, said),) = promotion.resumed
    assert (token, said) == ("token", {"decision": words, "person": ADA, "reason": "seen it"})
    assert promotion.ledger.awaited(keys.promotion_wait(RELEASE)) is None


def test_a_no_needs_a_reason(review: World) -> None:
    answered, html = press(review, review.link(REVIEW), "reject")

    assert answered == 400
    assert "reason" in html
    assert review.decided == []


@pytest.mark.parametrize("decision", ["", "maybe", "APPROVE"])
def test_anything_but_yes_or_no_decides_nothing(review: World, decision: str) -> None:
    assert press(review, review.link(REVIEW), decision, "x")[0] == 400
    assert review.decided == []


@pytest.mark.parametrize("change", ["p=mallory%40example.com", "e=99999999999", "s=" + "A" * 43])
def test_a_link_that_was_changed_is_forbidden(review: World, change: str) -> None:
    name, _, value = change.partition("=")
    path, _, query = review.link(REVIEW).partition("?")
    pairs = dict(pair.split("=", 1) for pair in query.split("&")) | {name: value}
    forged = f"{path}?" + "&".join(f"{k}={v}" for k, v in pairs.items())

    assert reviewing.show(review.request(forged), review.pages, NOW)[0] == 403
    assert press(review, forged, "approve", "x")[0] == 403
    assert review.decided == []


def test_the_link_of_one_approval_opens_no_other(promotion: World) -> None:
    stolen = promotion.link(REVIEW).replace(f"/approvals/{REVIEW}", f"/approvals/{PROMOTION}")

    assert press(promotion, stolen, "approve", "x")[0] == 403
    assert promotion.resumed == []


def test_a_link_whose_time_is_over_is_gone(review: World) -> None:
    old = review.link(REVIEW, until=NOW - timedelta(seconds=1))

    assert reviewing.show(review.request(old), review.pages, NOW)[0] == 410
    assert press(review, old, "approve", "x")[0] == 410
    assert review.decided == []


def test_a_person_who_is_no_approver_may_not_decide(review: World) -> None:
    answered, _ = press(review, review.link(REVIEW, "eve@example.com"), "approve", "x")

    assert answered == 403
    assert review.decided == []


def test_an_approval_that_is_not_there_is_not_found(world: World) -> None:
    url = world.link("review-nothing")

    assert reviewing.show(world.request(url), world.pages, NOW)[0] == 404
    assert press(world, url, "approve", "x")[0] == 404


def test_an_artifact_that_was_changed_since_ends_the_question(promotion: World) -> None:
    promotion.put("models/7/model.tar.gz", b"another model")

    answered, _ = press(promotion, promotion.link(PROMOTION), "approve", "x")

    assert answered == 409
    ended = approvals.load(promotion.ledger, PROMOTION)
    assert ended
    assert ended.state is State.VOID
    assert [error for _, error, _ in promotion.failed] == ["ArtifactChangedError"]
    assert promotion.resumed == []


def test_settings_that_were_changed_since_end_the_question(review: World) -> None:
    key = f"definitions/{COMMIT}/settings.json"
    before = review.read(key)

    review.put(key, before + b" ")
    answered, page = press(review, review.link(REVIEW), "approve", "x")

    assert answered == 409
    assert "settings of this release were changed" in page
    ended = approvals.load(review.ledger, REVIEW)
    assert ended
    assert ended.state is State.VOID
    assert review.versions[arn_of(7)]["ModelApprovalStatus"] == "PendingManualApproval"


def test_settings_that_are_as_they_were_end_nothing(review: World) -> None:
    key = f"definitions/{COMMIT}/settings.json"

    review.put(key, review.read(key))

    assert press(review, review.link(REVIEW), "approve", "x")[0] == 200


def test_a_decision_that_came_too_late_is_told_so(review: World) -> None:
    later = NOW + timedelta(days=4)
    url = review.link(REVIEW, until=later + timedelta(days=9))
    request = review.request(url, decision="approve", reason="x")

    answered, html = deciding.decide(request, review.pages, later)

    assert answered in {400, 409}
    assert "expired" in html.lower()
    assert review.decided == []


def forged(world: World) -> str:
    return world.link(REVIEW, until=NOW + timedelta(days=9)).replace("ada%40", "eve%40")


def test_a_flood_of_bad_attempts_hides_neither_the_story_nor_a_known_person_s_try(
    review: World,
) -> None:
    asked = approvals.load(review.ledger, REVIEW)
    assert asked
    for number in range(40):
        request = review.request(forged(review), decision="approve")
        at = NOW + timedelta(minutes=number // 8)
        attempts.record(review.ledger, asked, f"somebody {number}", "forged", request, at)
    busy = NOW + timedelta(minutes=9)
    for number in range(30):
        request = review.request(forged(review), decision="approve")
        attempts.record(review.ledger, asked, f"noise {number}", "forged", request, busy)
    form = review.request(review.link(REVIEW), decision="reject", reason=" ")

    assert deciding.decide(form, review.pages, busy)[0] == 400

    lines = [i for i in review.ledger.timeline(arn_of(7)) if i["kind"] == "attempt"]
    assert len(lines) == 40 + attempts.MOST_A_MINUTE + 1
    _, page = reviewing.show(review.request(review.link(REVIEW)), review.pages, busy)
    assert page.count("A decision on the review did not count") == 20
    assert "31 earlier decisions did not count" in page
    assert "Asked for review" in page
    assert f"{ADA} · 203.0.113.7 · pytest" in page


def test_a_question_s_timeline_ends_to_grow_by_attempts(
    review: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "MOST_A_QUESTION", 3)
    for day in range(5):
        request = review.request(forged(review), decision="approve")
        deciding.decide(request, review.pages, NOW + timedelta(days=day))
    assert len([i for i in review.ledger.timeline(arn_of(7)) if i["kind"] == "attempt"]) == 3


def test_a_story_of_more_than_one_answer_of_dynamodb_is_read_whole(review: World) -> None:
    for number in range(12):
        detail = {"reason": f"{number} {'x' * 120_000}"}
        fact = Fact("churn", arn_of(7), "attempt", "Try", NOW, str(number), detail)
        review.ledger.record(fact)
    kinds = [i["kind"] for i in review.ledger.timeline(arn_of(7))]
    assert kinds.count("attempt") == 12
    assert "review_asked" in kinds


def test_the_cost_says_that_it_is_another_region_s(
    review: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page() -> str:
        return reviewing.show(review.request(review.link(REVIEW)), review.pages, NOW)[1]

    assert "where prices differ" not in page()
    monkeypatch.setattr(objects, "region", lambda: "eu-west-1")
    assert "This stack is in eu-west-1, where prices differ." in page()


def test_the_link_shows_who_decided_after_the_version_was_deleted(review: World) -> None:
    press(review, review.link(REVIEW), "reject", "wrong month")
    del review.versions[arn_of(7)]

    status, page = reviewing.show(review.request(review.link(REVIEW, BOB)), review.pages, NOW)

    assert (status, "wrong month" in page, ADA in page) == (200, True, True)


def test_a_question_about_a_version_that_was_deleted_ends(promotion: World) -> None:
    del promotion.versions[arn_of(7)]
    promotion.put("definitions/latest/settings.json", json.dumps({"stages": stages()}).encode())

    answered, page = press(promotion, promotion.link(PROMOTION), "approve", "good")

    assert (answered, "was deleted from the registry" in page) == (409, True)
    assert [error for _, error, _ in promotion.failed] == ["NotApprovedError"]
    assert promotion.resumed == []
