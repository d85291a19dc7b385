"""SNS e-mails, which ministack drops: each subscriber's copy is recorded as AWS would word it.

ministack confirms e-mail subscriptions itself; on AWS a person does, by a link.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from localcloud.inbox.messages import Message, Messages
from localcloud.repairs import base

SENDER = "AWS Notifications <no-reply@sns.amazonaws.com>"
_FOOTER = (
    "\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit "
    "the link below to unsubscribe:\n{endpoint}/?Action=Unsubscribe&SubscriptionArn={arn}\n"
)


def capture(messages: Messages, endpoint_url: str) -> None:
    """Record every e-mail that SNS sends from now on."""
    from ministack.services import sns

    def recording(original: Callable[..., Any]) -> Callable[..., Any]:
        def fanout(
            topic_arn: str,
            msg_id: str,
            message: str,
            subject: str,
            message_structure: str = "",
            message_attributes: dict[str, Any] | None = None,
            *rest: Any,
            **more: Any,
        ) -> Any:
            for subscription in _mail_subscriptions(topic_arn):
                text = sns._resolve_message_for_protocol(message, message_structure, "email")
                if sns._matches_filter_policy(subscription, message_attributes or {}, text):
                    messages.record(_message(subscription, subject, text, endpoint_url))
            given = (topic_arn, msg_id, message, subject, message_structure, message_attributes)
            return original(*given, *rest, **more)

        return fanout

    base.wrap(sns, "_fanout", "60d6e8c62e39c261", recording)


def _mail_subscriptions(topic_arn: str) -> list[dict[str, Any]]:
    from ministack.services import sns

    topic = sns._topic_by_arn_any_scope(topic_arn) or {}
    return [
        subscription
        for subscription in topic.get("subscriptions", [])
        if subscription.get("confirmed") and subscription.get("protocol") == "email"
    ]


def _message(subscription: dict[str, Any], subject: str, text: str, endpoint_url: str) -> Message:
    return Message(
        id=uuid.uuid4().hex[:12],
        kind="notification",
        time=time.time(),
        sender=SENDER,
        to=(subscription["endpoint"],),
        subject=subject or "AWS Notification Message",
        text=text + _FOOTER.format(endpoint=endpoint_url, arn=subscription["arn"]),
        html="",
    )
