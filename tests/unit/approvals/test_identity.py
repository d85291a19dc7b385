"""With an identity provider, its token alone says who a visitor is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters import http, visiting
from domain.identity import NotSignedInError, OtherSiteError, person_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Doors:
    link_secret_arn: str = "arn:secret"
    jwt_issuer: str = "https://id.example.com"


def event(
    claims: dict[str, Any] | None, method: str = "GET", headers: dict[str, str] | None = None
) -> dict[str, Any]:
    caller = {"method": method, "sourceIp": "192.0.2.1", "userAgent": "x"}
    context: dict[str, Any] = {"http": caller}
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    query = "p=eve%40example.com&e=1&k=1&s=1"
    return {"requestContext": context, "rawQueryString": query, "headers": headers or {}}


def test_the_person_is_the_token_s_and_not_the_link_s() -> None:
    request = http.parse(event({"email": "Ada@example.com", "email_verified": "true"}))
    assert visiting.visitor(request, "review-1", Doors(), NOW).label == "ada@example.com"


@pytest.mark.parametrize(
    "claims",
    [
        None,
        {},
        {"sub": "1234"},
        {"email": "*"},
        {"email": "ada"},
        {"email": "ada@example.com\n"[:-1] + "\x00"},
        {"email": "ada@example.com", "email_verified": "false"},
    ],
)
def test_without_a_verified_address_nobody_comes_in(claims: dict[str, Any] | None) -> None:
    with pytest.raises(NotSignedInError) as error:
        visiting.visitor(http.parse(event(claims)), "review-1", Doors(), NOW)
    status, page = visiting.refusal(error.value)
    assert status == 401
    assert "Nobody is signed in" in page


def test_verified_may_be_a_boolean_or_left_out() -> None:
    assert person_of({"email": "ada@example.com", "email_verified": True}).label
    assert person_of({"email": "ada@example.com"}).label


def test_a_form_of_our_own_page_counts() -> None:
    sent = event({"email": "ada@example.com"}, "POST", {"sec-fetch-site": "same-origin"})
    assert visiting.visitor(http.parse(sent), "review-1", Doors(), NOW).label == "ada@example.com"


@pytest.mark.parametrize("site", ["", "cross-site", "same-site", "none"])
def test_a_form_that_another_site_sends_in_a_signed_in_browser_does_not_count(site: str) -> None:
    request = http.parse(event({"email": "ada@example.com"}, "POST", {"sec-fetch-site": site}))
    with pytest.raises(OtherSiteError) as error:
        visiting.visitor(request, "review-1", Doors(), NOW)
    status, page = visiting.refusal(error.value)
    assert status == 403
    assert "was not sent by this page" in page
    assert visiting.stranger(request, error.value) == "ada@example.com"


def test_a_page_is_opened_from_a_mail_or_a_chat() -> None:
    opened = event({"email": "ada@example.com"}, headers={"sec-fetch-site": "cross-site"})
    assert visiting.visitor(http.parse(opened), "review-1", Doors(), NOW).label == "ada@example.com"
