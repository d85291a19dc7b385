"""What keeps approvals trustworthy: keys rotate, scanners change nothing, tokens stay inside."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from localcloud.watch import inbox
from tests.support.deployed import THROTTLED, ask_once
from tests.support.desk import ADA, Desk
from tests.support.loop import ask, promotion_id, review_id
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
GUESSERS = 30
SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120",
    "Mozilla/5.0 (compatible; Microsoft Office Outlook SafeLinks)",
    "BarracudaCentral/1.0", "Proofpoint URL Defense", "Mimecast-URL-Protect/1.0", "Symantec-Cloud",
    "TrendMicro-WRS", "FireEye-ETP", "Cisco-IronPort", "ZScaler/1.0", "Slackbot-LinkExpanding 1.0",
    "SkypeUriPreview Preview/0.5", "TelegramBot (like TwitterBot)", "WhatsApp/2.23",
    "GoogleImageProxy", "facebookexternalhit/1.1", "LinkedInBot/1.0", "Googlebot/2.1",
    "curl/8.5.0", "python-requests/2.32",
)  # fmt: skip


def fetched(method: str, url: str, agent: str) -> tuple[int, Mapping[str, str], str]:
    """What an agent sees, which comes again when the API is too busy for it."""

    def answered() -> tuple[int, Mapping[str, str], str] | None:
        answer = fetched_once(method, url, agent)
        return answer if answer[0] != THROTTLED else None

    return wait_until(answered, 30, 0.2)


def fetched_once(method: str, url: str, agent: str) -> tuple[int, Mapping[str, str], str]:
    request = urllib.request.Request(url, headers={"user-agent": agent}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def test_every_page_has_the_headers_error_pages_too(desk: Desk) -> None:
    asked = desk.ask()
    good = desk.link(asked)
    pages = {
        200: good,
        403: good + "x",
        410: desk.link(asked, days=-1),
    }
    for status, url in pages.items():
        got, headers, _ = fetched("GET", url, "Mozilla/5.0")
        assert got == status
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"] == "noindex, nofollow"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("follows", [False, True], ids=["a look", "following links"])
def test_twenty_scanners_change_nothing(desk: Desk, follows: bool) -> None:
    asked = desk.ask()
    url = desk.link(asked)
    origin = desk.outputs["ApiUrl"].rstrip("/")
    before = desk.quiet()
    mails = len(inbox(desk.cloud))
    for agent in SCANNERS:
        fetched("HEAD", url, agent)
        status, _, page = fetched("GET", url, agent)
        assert status == 200
        found = re.findall(r'(?:href|action|src)="([^"#]+)"', page) if follows else []
        for link in found:
            address = link if link.startswith("http") else f"{origin}/{link.lstrip('/')}"
            if address.startswith(origin):
                fetched("GET", address.replace("&amp;", "&"), agent)
    assert desk.ledger() == before
    assert len(inbox(desk.cloud)) == mails
    assert desk.approval(asked.id) == asked


def is_attempt(item: Mapping[str, Any]) -> bool:
    return item["pk"].startswith("ATTEMPTS#") or item.get("kind") == "attempt"


@pytest.fixture
def narrow(desk: Desk) -> Iterator[None]:
    """A smaller bucket than the template's, which this machine needs much longer to empty."""
    api = desk.cloud.client("apigatewayv2")
    stage: dict[str, str] = {"ApiId": desk.resource("Api"), "StageName": "$default"}
    before = api.get_stage(**stage)["DefaultRouteSettings"]
    assert before == {"ThrottlingBurstLimit": 40, "ThrottlingRateLimit": 20}
    few = {"ThrottlingBurstLimit": 8, "ThrottlingRateLimit": 1}
    api.update_stage(**stage, DefaultRouteSettings=few)
    yield
    api.update_stage(**stage, DefaultRouteSettings=before)


def test_a_burst_of_guesses_is_throttled_and_the_reviewer_s_own_link_works_after_it(
    desk: Desk, narrow: None
) -> None:
    desk.new_minute()
    asked = desk.ask()
    before = desk.quiet()
    mails = len(inbox(desk.cloud))
    good, yes = desk.link(asked), {"decision": "approve"}
    guesses = [re.sub(r"s=.*", f"s={number:064x}", good) for number in range(GUESSERS)]
    with ThreadPoolExecutor(GUESSERS) as together:
        answers = list(together.map(lambda url: ask_once("POST", url, yes), guesses))

    refused = [body for status, body in answers if status == THROTTLED]
    assert {status for status, _ in answers} == {403, THROTTLED}
    assert {json.loads(body)["message"] for body in refused} == {"Too Many Requests"}
    # Of what reached the function, no more was written down than a minute's attempts.
    assert [item for item in desk.ledger() if not is_attempt(item)] == [
        item for item in before if not is_attempt(item)
    ]
    assert len(desk.attempts(asked)) <= 10 * len(desk.ledger("ATTEMPTS#minute"))
    assert (desk.approval(asked.id), len(inbox(desk.cloud))) == (asked, mails)

    assert "Yes, release to staging" in ask("GET", good)[1]
    reason = {"decision": "reject", "reason": "After the storm"}
    assert ask("POST", good, reason)[0] == 200
    assert [one.person for one in desk.approval(asked.id).decisions] == [ADA]
    desk.new_minute()


def test_no_task_token_and_no_link_is_in_a_log_and_no_token_in_a_mail_or_page(desk: Desk) -> None:
    asked = review_id(desk.first)
    page = desk.decide(asked, "approve", "Good figures")
    assert page.title.startswith("You approved")
    release = desk.release(desk.first)
    links = desk.asked(promotion_id(release))
    tokens = [item["token"] for item in desk.ledger("WAIT#")]
    assert tokens
    shown = "".join(ask("GET", link)[1] for link in [*links, desk_page(desk)])
    desk.decide(promotion_id(release), "reject", "Only looked at the way")
    desk.ended(release)
    said = "".join(mail["text"] + mail["html"] for mail in inbox(desk.cloud))
    logged = logs_of(desk)
    assert "Decided" in logged
    signatures = [link.rpartition("s=")[2] for link in links]
    # The ledger itself is in the cloud's memory; its files hold logs, registry and repositories.
    kept = files_of(desk)
    assert desk.first in kept
    for token in tokens:
        assert token not in shown + said + logged + kept
    for signature in signatures:
        assert signature not in logged + kept


def files_of(desk: Desk) -> str:
    found = [path for path in desk.cloud.context.home.rglob("*") if path.is_file()]
    return "".join(path.read_text(errors="replace") for path in found)


def desk_page(desk: Desk) -> str:
    return desk.application.release_page


def logs_of(desk: Desk) -> str:
    logs = desk.cloud.client("logs")
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
    ]
    return "\n".join(
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
    )


def test_the_person_of_a_link_is_who_decided(desk: Desk) -> None:
    asked = desk.ask()
    ask("POST", desk.link(asked), {"decision": "reject", "reason": "x", "name": "Somebody else"})
    assert [d.person for d in desk.approval(asked.id).decisions] == [ADA]


def rotate(desk: Desk) -> None:
    desk.cloud.client("secretsmanager").put_secret_value(
        SecretId=desk.resource("LinkSecret"),
        SecretString=json.dumps({"key": uuid.uuid4().hex * 2}),
    )


def test_a_rotation_breaks_no_open_link_and_a_second_one_ends_it(desk: Desk) -> None:
    asked = desk.ask()
    old, (first, _) = desk.link(asked), desk.key()
    rotate(desk)
    new, (second, _) = desk.link(asked), desk.key()
    assert first != second
    assert second in new
    assert ask("GET", new)[0] == 200
    assert ask("GET", old)[0] == 200
    rotate(desk)
    # A warm function may keep a key for five minutes; one that starts now does not know it.
    name = desk.resource("DecideApprovalFunction")
    desk.cloud.client("lambda").update_function_configuration(FunctionName=name, MemorySize=640)
    form = {"decision": "reject", "reason": "An old link"}
    wait_until(lambda: ask("POST", old, form)[0] == 403, 30)
    assert desk.approval(asked.id).is_pending
    assert ask("POST", new, form)[0] == 200
