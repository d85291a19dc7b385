"""GitHub's webhook: who may speak, and what counts."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.webhook import (
    BODY_MAX,
    Ignored,
    Push,
    Watched,
    WebhookRefusedError,
    check_form,
    check_signature,
    parse,
    signature,
)

EVENTS = Path(__file__).parents[2] / "events"
WATCHED = Watched("acme/churn", "main")
COMMIT = "4be1c09d7f3a2b6658d01c4e9a77f6b2c3d4e5f6"
HEADERS = {"x-github-event": "push", "x-github-delivery": "72d3162e"}
PUSH: dict[str, Any] = {
    "ref": "refs/heads/main",
    "after": COMMIT,
    "deleted": False,
    "repository": {"full_name": "acme/churn"},
    "pusher": {"name": "bob"},
    "head_commit": {"message": "Cap depth", "author": {"name": "Bob"}},
}


def told(**changed: Any) -> Push | Ignored:
    return parse(HEADERS, json.dumps({**PUSH, **changed}).encode(), WATCHED)


def check_request(headers: dict[str, str], body: bytes, secret: bytes) -> None:
    check_form(headers, body)
    check_signature(headers, body, secret)


def refusal(document: Any, headers: dict[str, str] | None = None) -> WebhookRefusedError:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(WebhookRefusedError) as caught:
        parse(HEADERS if headers is None else headers, body, WATCHED)
    return caught.value


def test_githubs_own_test_vector_is_signed_as_github_signs_it() -> None:
    vector = json.loads((EVENTS / "github-hmac-vector.json").read_text())
    signed = signature(vector["secret"].encode(), vector["payload"].encode())
    assert signed == f"sha256={vector['sha256']}"


@pytest.mark.parametrize("given_signature", [None, "", "sha256=", "sha1=abc", "sha256=é", "x" * 71])
def test_a_body_that_github_did_not_sign_is_refused(given_signature: str | None) -> None:
    headers = {"content-type": "application/json"}
    if given_signature is not None:
        headers["x-hub-signature-256"] = given_signature
    with pytest.raises(WebhookRefusedError) as caught:
        check_request(headers, b"{}", b"secret")
    assert caught.value.status == 401


def test_a_signed_body_passes_and_one_changed_byte_does_not() -> None:
    signed = signature(b"secret", b'{"a":1}')
    headers = {"content-type": "application/json; charset=utf-8", "x-hub-signature-256": signed}
    check_request(headers, b'{"a":1}', b"secret")
    with pytest.raises(WebhookRefusedError):
        check_request(headers, b'{"a":2}', b"secret")


def test_another_content_type_and_a_body_over_a_megabyte_are_refused_by_status() -> None:
    big = {"content-type": "application/json"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    for status, headers, body in ((413, big, b" " * (BODY_MAX + 1)), (415, form, b"payload=")):
        with pytest.raises(WebhookRefusedError) as caught:
            check_request(headers, body, b"secret")
        assert caught.value.status == status


def test_a_push_to_the_watched_branch_is_told_with_who_and_what() -> None:
    found = told()
    assert found == Push("acme/churn", "main", COMMIT, "72d3162e", "Bob", "Cap depth", "bob")


def test_a_repository_written_in_other_capitals_is_the_same_repository() -> None:
    found = told(repository={"full_name": "Acme/Churn"})
    assert isinstance(found, Push)
    assert found.repository == "acme/churn"


@pytest.mark.parametrize(
    "changed",
    [
        {"ref": "refs/heads/topic"},
        {"ref": "refs/tags/main"},
        {"after": "0" * 40, "deleted": True, "head_commit": None},
        {"after": "0" * 40},
        {"repository": {"full_name": "acme/other"}},
    ],
)
def test_other_branches_tags_deletions_and_repositories_start_nothing(changed: Any) -> None:
    found = told(**changed)
    assert isinstance(found, Ignored)
    assert found.status == 202


def test_githubs_recorded_events_are_read_and_start_nothing_here() -> None:
    for name in ("github-push", "github-push-new-branch"):
        found = parse(HEADERS, (EVENTS / f"{name}.json").read_bytes(), WATCHED)
        assert isinstance(found, Ignored), name
    ping = parse(HEADERS | {"x-github-event": "ping"}, (EVENTS / "github-ping.json").read_bytes(),
                 WATCHED)  # fmt: skip
    assert ping == Ignored(200, "pong")


def test_other_kinds_of_event_start_nothing() -> None:
    found = parse(HEADERS | {"x-github-event": "star"}, b"{}", WATCHED)
    assert found == Ignored(202, "star starts nothing")


@pytest.mark.parametrize("field", ["ref", "after", "repository.full_name"])
@pytest.mark.parametrize("value", ["missing", 7, [], {}, None, True])
def test_a_field_that_is_missing_or_of_another_type_is_named(field: str, value: Any) -> None:
    document = copy.deepcopy(PUSH)
    *path, last = field.split(".")
    inner = document
    for name in path:
        inner = inner[name]
    if value == "missing":
        del inner[last]
    else:
        inner[last] = value
    error = refusal(document)
    assert error.status == 400
    assert field in str(error)


OPTIONAL = ["deleted", "head_commit.author.name", "head_commit.message", "pusher.name"]


@pytest.mark.parametrize("gone", [*OPTIONAL, "head_commit.author", "head_commit", "pusher"])
@pytest.mark.parametrize("null", [True, False])
def test_a_push_without_an_optional_field_is_a_push(gone: str, null: bool) -> None:
    document = copy.deepcopy(PUSH)
    *path, last = gone.split(".")
    inner = document
    for name in path:
        inner = inner[name]
    inner.pop(last, None)
    if null:
        inner[last] = None
    found = parse(HEADERS, json.dumps(document).encode(), WATCHED)
    assert isinstance(found, Push)
    assert found.commit == COMMIT


@pytest.mark.parametrize("field", OPTIONAL)
def test_an_optional_field_of_another_type_is_named_too(field: str) -> None:
    document = copy.deepcopy(PUSH)
    *path, last = field.split(".")
    inner = document
    for name in path:
        inner = inner[name]
    inner[last] = 7
    assert field in str(refusal(document))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_object_is_a_400(body: bytes) -> None:
    assert refusal(body).status == 400


def test_missing_headers_are_named() -> None:
    assert "X-GitHub-Event" in str(refusal(PUSH, {}))
    assert "X-GitHub-Delivery" in str(refusal(PUSH, {"x-github-event": "push"}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def status_of(changed: dict[str, Any]) -> int:
    try:
        told(**changed)
    except WebhookRefusedError as error:
        return error.status
    return 202


@given(st.dictionaries(st.sampled_from([*PUSH, "commits", "x"]), json_values))
def test_no_payload_is_answered_with_a_crash(changed: dict[str, Any]) -> None:
    assert status_of(changed) in {202, 400}
