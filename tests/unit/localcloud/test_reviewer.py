"""The demo's reviewer sees what a person sees: a link, a page, its buttons."""

from __future__ import annotations

import pytest

from localcloud import reviewer
from localcloud.journey import approval_of
from localcloud.reviewer import Form, Page, ReviewError, link_in, press

PAGE = """<!doctype html><title>Release
 version 1?</title>
<form method="post">
<button type="submit" disabled hidden>Choose below</button>
<input name="token" value="t1"><textarea name="reason" required></textarea>
<button name="decision" value="approve">Yes</button>
<button name="decision" value="reject">No</button></form>"""


def test_the_link_is_found_in_a_mails_text() -> None:
    text = "Look at it:\n\n  http://127.0.0.1:80/approvals/a1?p=x&e=1&k=1&s=ab\n\nBye."
    assert link_in(text) == "http://127.0.0.1:80/approvals/a1?p=x&e=1&k=1&s=ab"


def test_a_mail_without_a_link_has_none() -> None:
    assert link_in("The build was refused.") is None


def test_personal_links_to_one_approval_are_one_approval() -> None:
    assert approval_of("http://a/approvals/x1?p=ada") == approval_of("http://a/approvals/x1?p=bob")


def test_a_page_is_read_with_its_title_fields_and_buttons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviewer, "_fetch", lambda _request: PAGE)
    page = reviewer.open_page("http://here/approvals/x1?s=1")
    assert page.title == "Release version 1?"
    assert page.forms == [
        Form(
            action="",
            fields={"token": "t1", "reason": ""},
            required={"reason"},
            buttons=[("decision", "approve"), ("decision", "reject")],
        )
    ]


def test_pressing_sends_the_forms_fields_and_the_button_to_the_same_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = []

    def fetch(request: object) -> str:
        sent.append(request)
        return PAGE

    monkeypatch.setattr(reviewer, "_fetch", fetch)
    page = reviewer.open_page("http://here/approvals/x1?s=1")
    press(page, "decision", "approve", {"reason": "looks good", "name": "no such field"})
    post = sent[-1]
    assert post.full_url == "http://here/approvals/x1?s=1"  # type: ignore[attr-defined]
    assert post.data == b"token=t1&reason=looks+good&decision=approve"  # type: ignore[attr-defined]


def test_a_page_without_the_button_cannot_be_pressed() -> None:
    with pytest.raises(ReviewError, match="no button decision=approve"):
        press(Page("http://here", "Decided", []), "decision", "approve", {})
