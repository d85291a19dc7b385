"""The inbox shows what SES and SNS sent, and nothing in a mail can do harm there."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.repairs.base_process import BaseProcess

LINK = "http://127.0.0.1:9/approvals/a1?p=jo&e=17&s=abc"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseProcess]:
    process = BaseProcess(tmp_path_factory.mktemp("inbox"), services=("inbox",))
    process.client("sesv2").create_email_identity(EmailIdentity="example.org")
    yield process
    process.stop()


def _get(base: BaseProcess, path: str = "") -> tuple[Any, str]:
    with urllib.request.urlopen(f"{base.endpoint_url}/_slipway/inbox{path}") as answer:
        return answer.headers, answer.read().decode()


def _send(base: BaseProcess, subject: str, html: str | None = None) -> None:
    body: dict[str, Any] = {"Text": {"Data": f"Please look: {LINK}."}}
    if html:
        body["Html"] = {"Data": html}
    base.client("sesv2").send_email(
        FromEmailAddress="slipway@example.org",
        Destination={"ToAddresses": ["jo@example.org"]},
        Content={"Simple": {"Subject": {"Data": subject}, "Body": body}},
    )


def _listed(base: BaseProcess) -> list[dict[str, Any]]:
    return list(json.loads(_get(base, ".json")[1]))


def test_a_mail_is_listed_with_its_text_and_html(base: BaseProcess) -> None:
    _send(base, "Review version 7", f'<p><a href="{LINK}">Review</a></p>')

    newest = _listed(base)[0]

    assert newest["subject"] == "Review version 7"
    assert newest["to"] == ["jo@example.org"]
    assert LINK in newest["text"]
    assert "<a href=" in newest["html"]
    assert newest["at"].endswith("+00:00")


def test_the_newest_message_comes_first(base: BaseProcess) -> None:
    _send(base, "older")
    _send(base, "newer")

    _headers, page = _get(base)

    assert page.index("newer") < page.index("older")


def test_a_mail_of_plain_text_has_a_link_that_ends_before_the_full_stop(base: BaseProcess) -> None:
    _send(base, "plain")

    _headers, page = _get(base, f"/{_listed(base)[0]['id']}")

    escaped = LINK.replace("&", "&amp;")
    assert f'<a href="{escaped}">{escaped}</a>.' in page


def test_the_html_of_a_mail_is_shown_in_a_sandbox(base: BaseProcess) -> None:
    _send(base, "<b>bold</b>", '<html><head></head><script>alert(1)</script>"quoted"</html>')

    headers, page = _get(base, f"/{_listed(base)[0]['id']}")

    assert "<script>" not in page
    assert "<b>bold</b>" not in page
    assert "sandbox=" in page
    assert "allow-scripts" not in page
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "&lt;base target=&quot;_top&quot;&gt;" in page


def test_an_sns_email_is_recorded_for_each_subscriber(base: BaseProcess) -> None:
    sns = base.client("sns")
    topic = sns.create_topic(Name="notices")["TopicArn"]
    for person in ("jo@example.org", "kim@example.org"):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=person)

    sns.publish(TopicArn=topic, Subject="Build refused", Message="run make pipeline")

    found = [item for item in _listed(base) if item["subject"] == "Build refused"]
    assert {item["to"][0] for item in found} == {"jo@example.org", "kim@example.org"}
    assert found[0]["text"].startswith("run make pipeline")
    assert found[0]["kind"] == "notification"


def test_an_unknown_message_is_not_found(base: BaseProcess) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        _get(base, "/nothing")
