"""The pages behind an identity provider: its token says who decides, and a link does not."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from domain.approval import State
from localcloud.cloud import REPOSITORY
from localcloud.deploy import deploy, settings
from localcloud.slack.connecting import api_url
from tests.support.desk import ADA, EVE, GRACE, Desk
from tests.support.issuer import AUDIENCE, Issuer, issuer

pytestmark = pytest.mark.e2e
YES = {"decision": "approve", "reason": "Good figures", "name": EVE}


@pytest.fixture(scope="module")
def provider(desk: Desk) -> Iterator[Issuer]:
    """The desk's stack, updated to people who sign in; afterwards links say who they are again."""
    chosen = settings(REPOSITORY / "samconfig.toml")
    usual = {"SlackApiUrl": api_url(desk.cloud), **chosen.parameters}
    template = REPOSITORY / "template.yaml"
    with issuer() as serving:
        signed_in = {"JwtIssuer": serving.url, "JwtAudience": AUDIENCE}
        deploy(desk.cloud, template, chosen.stack_name, usual | signed_in)
        yield serving
        deploy(desk.cloud, template, chosen.stack_name, usual)


def call(
    url: str, token: str = "", form: dict[str, str] | None = None, site: str = "same-origin"
) -> tuple[int, str]:
    """What a browser sends through a proxy that adds the token."""
    headers = {"sec-fetch-site": site, "user-agent": "Mozilla/5.0"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    if form is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
    data = urlencode(form).encode() if form is not None else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, data, headers), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_without_a_good_token_no_page_opens_and_nothing_is_decided(
    desk: Desk, provider: Issuer
) -> None:
    asked = desk.ask()
    api = desk.outputs["ApiUrl"].rstrip("/")
    link = desk.link(asked)
    for token in ("", provider.token(ADA, forged=True), provider.token(ADA, exp=1)):
        assert call(link, token)[0] == 401
        assert call(link, token, YES)[0] == 401
        assert call(f"{api}/", token)[0] == 401
        assert call(f"{api}/rollback", token, {"version": "1", "reason": "x"})[0] == 401
    assert desk.approval(asked.id) == asked


def test_the_person_of_the_token_decides_whatever_link_and_form_say(
    desk: Desk, provider: Issuer
) -> None:
    asked = desk.ask()
    theirs = desk.link(asked, person=ADA)
    token = provider.token(GRACE)

    status, page = call(theirs, token)
    assert status == 200
    assert GRACE in page
    status, page = call(theirs, token, YES)

    assert (status, "You approved" in page) == (200, True)
    found = desk.approval(asked.id)
    assert found.state is State.APPROVED
    assert [one.person for one in found.decisions] == [GRACE]


def test_the_address_without_any_link_is_enough_for_who_is_signed_in(
    desk: Desk, provider: Issuer
) -> None:
    asked = desk.ask()
    api = desk.outputs["ApiUrl"].rstrip("/")
    token = provider.token(ADA)

    status, page = call(f"{api}/", token)
    assert status == 200
    assert f'href="/approvals/{asked.id}"' in page
    no = {"decision": "reject", "reason": "Not now"}
    assert call(f"{api}/approvals/{asked.id}", token, no)[0] == 200

    assert [one.person for one in desk.approval(asked.id).decisions] == [ADA]


def test_who_may_not_approve_may_not_by_a_token_either(desk: Desk, provider: Issuer) -> None:
    asked = desk.ask()

    assert call(desk.link(asked), provider.token(EVE), YES)[0] == 403
    unverified = provider.token(ADA, email_verified=False)
    assert call(desk.link(asked), unverified, YES)[0] == 401

    assert desk.approval(asked.id).is_pending


def test_another_site_cannot_decide_by_the_browser_of_who_is_signed_in(
    desk: Desk, provider: Issuer
) -> None:
    asked = desk.ask()
    url = desk.outputs["ApiUrl"].rstrip("/") + f"/approvals/{asked.id}"

    assert call(url, provider.token(ADA), YES, site="cross-site")[0] == 403

    assert desk.approval(asked.id).is_pending
    assert [one["detail"]["who"] for one in desk.attempts(asked)] == [ADA]


def test_slack_and_github_need_no_token_but_their_signature(desk: Desk, provider: Issuer) -> None:
    api = desk.outputs["ApiUrl"].rstrip("/")

    for path in ("/slack/actions", "/webhooks/github"):
        _, body = call(f"{api}{path}", form={"payload": "{}"})
        assert json.loads(body).keys() == {"error"}, "the function answers, and not the gateway"
