"""The life of an approval on a deployed stack: decided once, heard of once, written down."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from domain.approval import State
from domain.policy import StagePolicy
from tests.support.desk import ADA, EVE, GRACE, Desk
from tests.support.loop import ask, number, promotion_id
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
AGO = datetime.now(UTC) - timedelta(hours=1)


def reconcile(desk: Desk) -> None:
    desk.invoke("ReconcileFunction", {})


def test_a_decision_in_the_registry_settles_the_review_and_each_person_hears_of_it_once(
    desk: Desk,
) -> None:
    asked = desk.ask()
    desk.sagemaker.update_model_package(
        ModelPackageArn=asked.model_package_arn,
        ModelApprovalStatus="Rejected",
        ApprovalDescription="Wrong month",
    )
    mails = wait_until(lambda: desk.mails_about(asked, "Wrong month"), 30)
    wait_until(lambda: len(desk.mails_about(asked, "Wrong month")) == 2, 30)
    assert "Rejected" in mails[0]["text"]
    reconcile(desk)
    assert len(desk.mails_about(asked, "")) == 2
    assert {mail["to"][0] for mail in desk.mails_about(asked, "")} == {ADA, GRACE}
    status, page = ask("POST", desk.link(asked), {"decision": "approve"})
    assert status == 409
    assert "Wrong month" in page


def test_the_first_decision_stands_and_the_second_decider_sees_it(desk: Desk) -> None:
    asked = desk.ask()
    two_lines = {"decision": "reject", "reason": "Too slow\r\nfor new customers"}
    assert ask("POST", desk.link(asked), two_lines)[0] == 200
    status, page = ask("POST", desk.link(asked, GRACE), {"decision": "approve"})
    assert status == 409
    assert "Too slow" in page
    assert desk.status(asked.model_package_arn) == "Rejected"
    assert [a["detail"]["who"] for a in desk.attempts(asked)] == [GRACE]


def test_a_yes_of_two_waits_for_the_second(desk: Desk) -> None:
    asked = desk.ask(StagePolicy((ADA, GRACE), yeses=2))
    status, page = ask("POST", desk.link(asked), {"decision": "approve"})
    assert (status, "1 more needed" in page) == (200, True)
    status, page = ask("POST", desk.link(asked), {"decision": "approve"})
    assert status == 409
    assert "one more person must say yes" in page
    status, page = ask("GET", desk.link(asked, GRACE))
    assert "1 did so far" in page
    assert desk.status(asked.model_package_arn) == "PendingManualApproval"
    ask("POST", desk.link(asked, GRACE), {"decision": "reject", "reason": "Not yet"})
    assert desk.approval(asked.id).state is State.REJECTED


@pytest.mark.parametrize(
    ("rejects", "status"), [(True, "Rejected"), (False, "PendingManualApproval")]
)
def test_silence_means_what_the_policy_says(desk: Desk, rejects: bool, status: str) -> None:
    asked = desk.ask(expires_at=AGO, remind_at=None, rejects_on_expiry=rejects)
    reconcile(desk)
    assert desk.approval(asked.id).state is State.EXPIRED
    assert desk.status(asked.model_package_arn) == status
    wait_until(lambda: len(desk.mails_about(asked, "Nobody decided before")) == 2, 30)
    reconcile(desk)
    assert len(desk.mails_about(asked, "")) == 2
    assert ask("POST", desk.link(asked), {"decision": "approve"})[0] == 409


def test_people_who_have_not_spoken_are_reminded_once(desk: Desk) -> None:
    asked = desk.ask(StagePolicy((ADA, GRACE), yeses=2), remind_at=AGO)
    assert ask("POST", desk.link(asked), {"decision": "approve"})[0] == 200
    reconcile(desk)
    reconcile(desk)
    assert [m["to"] for m in desk.mails_about(asked, "Still open")] == [[GRACE]]


def test_a_promotion_that_nobody_decides_is_reminded_of_and_ends_its_release(desk: Desk) -> None:
    asked = desk.ask()
    assert ask("POST", desk.link(asked), {"decision": "approve"})[0] == 200
    release = desk.release(asked.model_package_arn)
    desk.asked(promotion_id(release))
    promotion = desk.approval(promotion_id(release))
    before = desk.endpoint()

    desk.put(replace(promotion, remind_at=AGO))
    reconcile(desk)
    reconcile(desk)
    reminded = desk.mails_about(promotion, "Still open")
    assert sorted(mail["to"][0] for mail in reminded) == [ADA, GRACE]
    assert desk.is_in(release, "Ask For Promotion")

    desk.put(replace(desk.approval(promotion.id), expires_at=AGO))
    reconcile(desk)
    ended = desk.ended(release)
    assert (ended.status, desk.path(release)[-1]) == ("SUCCEEDED", "Expired")
    assert desk.approval(promotion.id).state is State.EXPIRED
    assert desk.endpoint() == before
    assert "Nobody decided before" in ask("GET", desk.link(promotion))[1]
    assert ask("POST", desk.link(promotion), {"decision": "approve"})[0] == 409
    story = desk.releases_page().split(f"Version {number(asked.model_package_arn)}<", 1)[1]
    words = unescape(re.sub(r"<[^>]+>", " ", story.split("</article>", 1)[0]))
    assert "not promoted in time" in words


def test_a_changed_artifact_voids_the_question(desk: Desk) -> None:
    asked = desk.ask()
    found = desk.sagemaker.describe_model_package(ModelPackageName=asked.model_package_arn)
    uri = found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    s3 = desk.cloud.client("s3")
    before = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.put_object(Bucket=bucket, Key=key, Body=b"another model")
    try:
        status, page = ask("POST", desk.link(asked), {"decision": "approve"})
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=before)
    assert status == 409
    assert "was changed after registration" in page
    assert desk.status(asked.model_package_arn) == "PendingManualApproval"
    wait_until(lambda: len(desk.mails_about(asked, "There is nothing left to decide")) == 2, 30)


def test_every_attempt_is_in_the_timeline_with_its_address_and_agent(desk: Desk) -> None:
    desk.new_minute()
    asked = desk.ask(committer=ADA, four_eyes=True)
    good = desk.link(asked)
    tries = [
        (good + "x", {"decision": "reject", "reason": "x"}, 403, "cannot be read"),
        (good.replace("ada", "eve"), {"decision": "approve"}, 403, "changed"),
        (desk.link(asked, EVE), {"decision": "approve"}, 403, "may not decide"),
        (desk.link(asked, days=-1), {"decision": "approve"}, 410, "expired"),
        (good, {"decision": "approve"}, 403, "committer"),
        (good, {"decision": "reject"}, 400, "needs a reason"),
    ]
    for url, form, status, _ in tries:
        assert ask("POST", url, form, agent="curl/8")[0] == status
    written = desk.attempts(asked)
    assert len(written) == len(tries)
    for (_, _, _, words), line in zip(tries, written, strict=True):
        assert words in line["detail"]["reason"]
        assert (line["detail"]["address"], line["detail"]["agent"]) == ("127.0.0.1", "curl/8")
    assert desk.approval(asked.id) == asked


def test_forged_links_cannot_flood_the_ledger(desk: Desk) -> None:
    desk.new_minute()
    asked = desk.ask()
    forged = desk.link(asked).replace("ada", "eve")
    statuses = {ask("POST", forged, {"decision": "approve"})[0] for _ in range(25)}
    assert statuses == {403}
    minutes = len(desk.ledger("ATTEMPTS#minute"))
    assert len(desk.attempts(asked)) <= 10 * minutes
    assert "project" not in desk.attempts(asked)[0]
    desk.new_minute()


def test_the_page_leads_to_the_commit_and_names_the_files_that_it_changed(desk: Desk) -> None:
    _, page = ask("GET", desk.link(desk.ask()))
    commit = page.split('id="commit"', 1)[1].split("</section>", 1)[0]
    address = re.findall(r'href="(https://[^"]+)"', commit)[0]
    assert address.partition("?")[0].endswith(f"/commit/{desk.first_commit}")
    assert re.search(r"\d+ files changed", commit)
    assert "pipeline_def/churn/pipeline.py" in commit
    assert "The first model" in commit
