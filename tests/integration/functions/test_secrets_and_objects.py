"""Secrets and objects on moto: rotation breaks no open link, what is not there is None."""

import hashlib
import json

import pytest

from adapters import approvals, aws, objects, reviewing, secrets
from tests.support.product import BUCKET, NOW, World, arn_of

REVIEW = approvals.review_id(arn_of(7))


def rotate(world: World, letter: str) -> None:
    """A new key, as the secret's owner puts it there; a warm function has not kept the old one."""
    aws.client("secretsmanager").put_secret_value(
        SecretId=world.secret_arn, SecretString=json.dumps({"key": letter * 64})
    )
    secrets._cache.clear()


def opened(world: World, url: str) -> int:
    return reviewing.show(world.request(url), world.pages, NOW)[0]


def test_a_link_opens_after_the_key_was_rotated_once_and_not_after_twice(world: World) -> None:
    url = world.link(REVIEW)
    assert opened(world, url) == 404  # ours; there is no such approval

    rotate(world, "n")
    assert opened(world, url) == 404
    assert opened(world, world.link(REVIEW)) == 404

    rotate(world, "m")
    assert opened(world, url) == 403


def test_new_links_are_signed_with_the_new_key(world: World) -> None:
    before = secrets.signing_key(world.secret_arn)
    rotate(world, "n")

    after = secrets.signing_key(world.secret_arn)

    assert before[0] != after[0]
    assert after[1] == b"n" * 64


@pytest.mark.parametrize("key_id", ["", "x", "../" * 20, "a" * 36])
def test_a_key_that_does_not_exist_verifies_nothing(world: World, key_id: str) -> None:
    assert secrets.verifying_keys(world.secret_arn, key_id) == {}


def test_a_warm_function_reads_a_key_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = secrets.signing_key(world.secret_arn)
    monkeypatch.setattr(secrets, "_read", lambda *_: pytest.fail("asked again"))

    assert secrets.signing_key(world.secret_arn) == first


def test_an_object_is_written_read_and_listed(world: World) -> None:
    objects.write_many(BUCKET, {"data/a.csv": b"1", "data/b.csv": b"22", "other/c": b"3"})
    world.put("data/", b"")  # a folder, as the console makes it

    assert objects.read(f"s3://{BUCKET}/data/a.csv") == b"1"
    assert set(objects.listing(BUCKET, "data/")) == {"data/a.csv", "data/b.csv"}
    assert objects.read_many({"a": f"s3://{BUCKET}/data/a.csv", "x": f"s3://{BUCKET}/x"}) == {
        "a": b"1",
        "x": None,
    }


def test_what_is_not_there_is_none(world: World) -> None:
    assert objects.read_optional(f"s3://{BUCKET}/nothing") is None
    assert objects.read_json(f"s3://{BUCKET}/nothing") is None
    assert objects.etag(f"s3://{BUCKET}/nothing") is None


def test_an_etag_is_that_of_exactly_this_key(world: World) -> None:
    objects.write_many(BUCKET, {"model": b"1", "model.tar.gz": b"2"})

    assert objects.etag(f"s3://{BUCKET}/model") == hashlib.md5(b"1").hexdigest()


def test_a_large_object_is_digested_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "CHUNK", 7)
    content = b"0123456789" * 10
    world.put("model", content)

    assert objects.sha256(f"s3://{BUCKET}/model") == hashlib.sha256(content).hexdigest()
