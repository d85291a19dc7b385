"""What is read of a request: a form and a query of which nothing is doubled, and nothing else."""

import base64
from typing import Any

import pytest

from adapters import http
from domain import links
from domain.links import LinkError

NOW = 1_800_000_000
KEY = b"k" * 32
GOOD = links.sign(KEY, "key-1", "review-7", "ada@example.com", NOW + 60)
FORM = "application/x-www-form-urlencoded"


def request(query: str = GOOD, body: str = "", kind: str = FORM, **more: Any) -> http.Request:
    context = {"http": {"method": "POST", "sourceIp": "203.0.113.7", "userAgent": "curl/8"}}
    event = {"requestContext": context, "rawQueryString": query, "body": body,
             "headers": {"content-type": kind}}  # fmt: skip
    return http.parse({**event, **more})


def test_a_link_as_it_was_sent_opens() -> None:
    assert links.verify(request().query, "review-7", {"key-1": KEY}, NOW).address


@pytest.mark.parametrize(
    "query",
    [
        f"p=eve%40example.com&{GOOD}",
        f"{GOOD}&p=eve%40example.com",
        f"{GOOD}&{GOOD}",
        f"{GOOD}&e=99999999999",
        f"s=&{GOOD}",
        f"{GOOD}&x=1",
        GOOD.replace("p=", "P="),
        GOOD.replace("&", ";"),
        GOOD.replace("%40", "%2540"),
    ],
)
def test_a_link_with_more_than_its_own_parameters_opens_nothing(query: str) -> None:
    with pytest.raises(LinkError):
        links.verify(request(query).query, "review-7", {"key-1": KEY}, NOW)


def test_a_decision_that_is_sent_twice_is_none() -> None:
    assert request(body="decision=reject&decision=approve").form["decision"] == "reject,approve"
    assert request(body="decision=approve").form["decision"] == "approve"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", '{"decision": "approve"}'),
        ("multipart/form-data; boundary=x", '--x\r\nname="decision"\r\n\r\napprove\r\n--x--'),
        ("text/plain", "decision=approve"),
        ("", "decision=approve"),
        (FORM, f"decision=approve&reason={'x' * 64 * 1024}"),
    ],
)
def test_a_body_that_is_no_form_of_ours_says_nothing(kind: str, body: str) -> None:
    assert request(body=body, kind=kind).form == {}


def test_a_body_in_base64_is_the_same_form() -> None:
    body = base64.b64encode(b"decision=reject&reason=gr%C3%BCn").decode()
    assert request(body=body, isBase64Encoded=True).form == {
        "decision": "reject", "reason": "grün",
    }  # fmt: skip
