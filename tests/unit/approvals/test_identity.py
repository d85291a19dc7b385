"""With an identity provider, its token alone says who a visitor is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters import http, visiting
from domain.identity import NotSignedInError, person_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Doors:
    link_secret_arn: str = "arn:secret"
    jwt_issuer: str = "https://id.example.com"


def event(claims: dict[str, Any] | None) -> dict[str, Any]:
    context: dict[str, Any] = {"http": {"sourceIp": "192.0.2.1", "userAgent": "x"}}
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    return {"requestContext": context, "rawQueryString": "p=eve%40example.com&e=1&k=1&s=1"}


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
