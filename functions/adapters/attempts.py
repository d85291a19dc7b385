"""Attempts to decide that did not count: each is a line in the version's timeline.

They come from anybody who can reach the API, so they are bounded, and they stay out of the index of
what the project did: nobody can push real events off the release page. Those of people whom we know
are counted apart, so that no stranger's noise hides them. A question has so many at most: its
timeline is read whole for a page.
"""

from datetime import datetime, timedelta

from adapters import aws
from adapters.http import Request
from adapters.ledger import Ledger
from domain import ledger as keys
from domain.approval import Approval
from domain.ledger import Fact, Key

KEPT = {"minute": timedelta(days=2), "day": timedelta(days=2), "question": timedelta(days=400)}
MOST_A_MINUTE = 10
MOST_A_DAY = 300
MOST_A_QUESTION = 500


def record(
    ledger: Ledger,
    approval: Approval,
    who: str,
    why: str,
    request: Request,
    now: datetime,
    *,
    known: bool = False,
) -> bool:
    """Write down who tried, from where and with what; False when too many did already.

    `known` says that a link of ours, a token or Slack vouches for `who`.
    """
    pool = "known " if known else ""
    bounds = (
        ("minute", f"{pool}{now:%Y-%m-%dT%H:%M}", MOST_A_MINUTE),
        ("day", f"{pool}{now:%Y-%m-%d}", MOST_A_DAY),
        ("question", f"{pool}{approval.id}", MOST_A_QUESTION),
    )
    if not all(_may(ledger, span, name, most, now) for span, name, most in bounds):
        return False
    detail = {
        "reason": why,
        "who": who,
        "address": request.address,
        "agent": request.agent,
        "approval": approval.id,
    }
    title = f"A decision on the {approval.kind.value} did not count"
    cause = f"{approval.id}-{who}-{why}-{request.address}-{keys.iso(now)}"
    fact = Fact("", approval.model_package_arn, "attempt", title, now, cause, detail)
    item = keys.timeline_item(fact)
    # Without a project an item is in no index.
    key = Key(item["pk"], item["sk"])
    return ledger.create(key, {k: v for k, v in item.items() if k != "project"})


def _may(ledger: Ledger, span: str, name: str, most: int, now: datetime) -> bool:
    """Count one more in this span of time, unless there were `most`; conditional, so exact."""
    dynamodb = aws.client("dynamodb")
    try:
        dynamodb.update_item(
            TableName=ledger.table,
            Key={"pk": {"S": f"ATTEMPTS#{span}#{name}"}, "sk": {"S": keys.META}},
            UpdateExpression="ADD #count :one SET expires = :gone",
            ConditionExpression="attribute_not_exists(#count) OR #count < :most",
            ExpressionAttributeNames={"#count": "count"},
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":most": {"N": str(most)},
                ":gone": {"N": str(keys.epoch(now + KEPT[span]))},
            },
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True
