"""Links: only what this stack signed, unchanged and in time, opens anything."""

from __future__ import annotations

import random
import string
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.links import (
    LinkError,
    LinkExpiredError,
    LinkForgedError,
    LinkMalformedError,
    sign,
    verify,
)
from domain.people import NameRequiredError, Person

SECRET, OLD_SECRET = b"s" * 32, b"o" * 32
KEYS = {"new": SECRET, "old": OLD_SECRET}
APPROVAL, ADA = "apr-7f3", "ada@example.com"
NOW = 1_800_000_000
LATER = NOW + 3600


def query(**changes: str) -> dict[str, str]:
    return {**dict(parse_qsl(sign(SECRET, "new", APPROVAL, ADA, LATER))), **changes}


def test_a_signed_link_opens_its_approval_for_its_person() -> None:
    assert verify(query(), APPROVAL, KEYS, NOW) == Person(ADA)


def test_a_moment_may_be_a_datetime() -> None:
    text = sign(SECRET, "new", APPROVAL, ADA, datetime(2027, 1, 16, tzinfo=UTC))
    assert verify(dict(parse_qsl(text)), APPROVAL, KEYS, datetime(2027, 1, 15, tzinfo=UTC))
    with pytest.raises(ValueError, match="time zone"):
        sign(SECRET, "new", APPROVAL, ADA, datetime(2027, 1, 15))


def test_a_link_of_the_last_key_still_opens_after_the_keys_were_rotated() -> None:
    text = sign(OLD_SECRET, "old", APPROVAL, ADA, LATER)
    assert verify(dict(parse_qsl(text)), APPROVAL, KEYS, NOW) == Person(ADA)


def test_a_link_of_a_key_that_is_gone_opens_nothing() -> None:
    with pytest.raises(LinkForgedError):
        verify(query(), APPROVAL, {"old": OLD_SECRET}, NOW)


@pytest.mark.parametrize("secret", [b"", b"short"])
def test_a_key_too_short_to_be_secret_neither_signs_nor_verifies(secret: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        sign(secret, "new", APPROVAL, ADA, LATER)
    with pytest.raises(LinkForgedError):
        verify(query(), APPROVAL, {"new": secret}, NOW)


def test_a_link_opens_until_the_second_before_its_expiry() -> None:
    assert verify(query(), APPROVAL, KEYS, LATER - 1) == Person(ADA)
    with pytest.raises(LinkExpiredError) as error:
        verify(query(), APPROVAL, KEYS, LATER)
    assert error.value.person == Person(ADA)


def test_a_forged_link_says_nothing_about_its_expiry() -> None:
    with pytest.raises(LinkForgedError):
        verify(query(e="1"), APPROVAL, KEYS, NOW)


def test_a_link_opens_no_other_approval() -> None:
    with pytest.raises(LinkForgedError):
        verify(query(), "apr-7f4", KEYS, NOW)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"p": ADA, "e": str(LATER), "k": "new"},
        query(e="soon"),
        query(e="0" + str(LATER)),
        query(e="١٨٠٠٠٠٣٦٠٠"),
        query(s=""),
        query(s="ä" * 43),
        query(s=query()["s"] + "="),
        query(p=""),
        query(p="ada\n@example.com"),
        query(k="k" * 400),
        query(next="/elsewhere"),
    ],
)
def test_a_link_of_another_shape_is_malformed(broken: dict[str, str]) -> None:
    with pytest.raises(LinkMalformedError):
        verify(broken, APPROVAL, KEYS, NOW)


def test_ten_thousand_mutated_links_are_all_refused() -> None:
    chance = random.Random(20260727)
    genuine = sign(SECRET, "new", APPROVAL, ADA, LATER)
    alphabet = string.ascii_letters + string.digits + "-_=&%.@*+ äé\0"
    tried = 0
    while tried < 10_000:
        text = _mutate(genuine, chance, alphabet)
        fields = dict(parse_qsl(text, keep_blank_values=True))
        if fields == query():
            continue
        tried += 1
        with pytest.raises(LinkError):
            verify(fields, APPROVAL, KEYS, NOW)


def _mutate(text: str, chance: random.Random, alphabet: str) -> str:
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.randrange(len(text))
        what = chance.randrange(4)
        if what == 0:
            text = text[:at] + chance.choice(alphabet) + text[at + 1 :]
        elif what == 1:
            text = text[:at] + text[at + 1 :]
        elif what == 2:
            text = text[:at] + chance.choice(alphabet) + text[at:]
        else:
            other = chance.randrange(len(text))
            low, high = sorted((at, other))
            text = text[:low] + text[low:high][::-1] + text[high:]
    return text


@settings(max_examples=100, deadline=None)
@given(field=st.sampled_from("peks"), value=st.text(max_size=60))
def test_any_other_value_in_any_field_is_refused(field: str, value: str) -> None:
    fields = query()
    if fields[field] != value:
        with pytest.raises(LinkError):
            verify({**fields, field: value}, APPROVAL, KEYS, NOW)


@settings(max_examples=100, deadline=None)
@given(
    person=st.emails(),
    approval=st.text(min_size=1, max_size=40),
    expiry=st.integers(min_value=NOW + 1, max_value=NOW + 10**8),
)
def test_what_was_signed_is_what_comes_back(person: str, approval: str, expiry: int) -> None:
    fields = dict(parse_qsl(sign(SECRET, "new", approval, person, expiry)))
    assert verify(fields, approval, KEYS, NOW) == Person(person)


@pytest.mark.parametrize("moved", [("ab", "c", "k"), ("a", "bc", "k"), ("a", "b", "ck")])
def test_fields_cannot_be_shifted_into_each_other(moved: tuple[str, str, str]) -> None:
    signatures = {
        dict(parse_qsl(sign(SECRET, key, approval, person, LATER)))["s"]
        for approval, person, key in [moved, ("abc", "x", "k"), ("x", "abc", "k")]
    }
    assert len(signatures) == 3


def test_the_query_is_url_safe_text() -> None:
    text = sign(SECRET, "new", APPROVAL, "jürgen+ml@example.com", LATER)
    assert text.isascii()
    assert urlencode(parse_qsl(text)) == text


def test_a_shared_link_asks_for_a_name() -> None:
    fields = dict(parse_qsl(sign(SECRET, "new", APPROVAL, "*", LATER)))
    person = verify(fields, APPROVAL, KEYS, NOW)
    assert person.is_shared
    assert person.named(" Ada \n Lovelace ").label == "Ada Lovelace"
    with pytest.raises(NameRequiredError):
        person.named(" \t\u200b")


def test_a_personal_link_ignores_a_name_that_was_slipped_into_the_form() -> None:
    assert Person(ADA).named("Somebody Else") == Person(ADA)
