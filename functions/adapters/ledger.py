"""The ledger in DynamoDB. Conditional writes decide every race; no scan, no read before a write."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters import aws
from domain import ledger, turn
from domain.ledger import Fact, Key

Item = dict[str, Any]
RACES = 20


class LedgerBusyError(RuntimeError):
    """An item changed under every one of many attempts to write it; the caller is retried."""


@dataclass(frozen=True)
class Ledger:
    """One table. Items are plain values: texts, numbers, booleans, lists, groups."""

    table: str

    def get(self, key: Key) -> Item | None:
        """The item under `key`, read consistently."""
        answer = aws.client("dynamodb").get_item(
            TableName=self.table, Key=_wire({"pk": key.pk, "sk": key.sk}), ConsistentRead=True
        )
        return _plain(answer["Item"]) if "Item" in answer else None

    def put(self, key: Key, item: Mapping[str, Any]) -> None:
        """Write `item`, whatever is there."""
        aws.client("dynamodb").put_item(TableName=self.table, Item=_item(key, item))

    def create(self, key: Key, item: Mapping[str, Any]) -> bool:
        """Write `item` unless there is one; whether it was written."""
        return self._put_if(key, item, "attribute_not_exists(pk)", {})

    def replace(self, key: Key, item: Mapping[str, Any], revision: int) -> bool:
        """Write `item` if the stored one still has `revision`; whether it was written."""
        return self._put_if(key, item, "revision = :was", {":was": revision})

    def update(self, key: Key, values: Mapping[str, Any]) -> None:
        """Set some attributes of an item, which is made if it is not there."""
        names = {f"#{i}": name for i, name in enumerate(values)}
        parts = [f"#{i} = :{i}" for i in range(len(values))]
        aws.client("dynamodb").update_item(
            TableName=self.table,
            Key=_wire({"pk": key.pk, "sk": key.sk}),
            UpdateExpression="SET " + ", ".join(parts),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=_wire({f":{i}": v for i, v in enumerate(values.values())}),
        )

    def transform(self, key: Key, change: Callable[[Item | None], Mapping[str, Any]]) -> None:
        """Write what `change` makes of the item, again if somebody else was quicker.

        Nothing is written when nothing changes. The attribute `revision` counts the writes.
        """
        for _ in range(RACES):
            stored = self.get(key)
            after = dict(change(stored))
            before = {k: v for k, v in (stored or {}).items() if k not in {"pk", "sk"}}
            if after == before:
                return
            revision = int(before.get("revision", 0))
            after["revision"] = revision + 1
            if self.replace(key, after, revision) if stored else self.create(key, after):
                return
        raise LedgerBusyError(f"{key.pk} changed {RACES} times while it was written")

    def count(self, key: Key, name: str, expires: int) -> int:
        """Add one to a number of an item, which is made if it is not there; what it is now."""
        answer = aws.client("dynamodb").update_item(
            TableName=self.table,
            Key=_wire({"pk": key.pk, "sk": key.sk}),
            UpdateExpression="ADD #name :one SET #expires = if_not_exists(#expires, :expires)",
            ExpressionAttributeNames={"#name": name, "#expires": "expires"},
            ExpressionAttributeValues=_wire({":one": 1, ":expires": expires}),
            ReturnValues="UPDATED_NEW",
        )
        return int(_plain(answer["Attributes"])[name])

    def delete(self, key: Key) -> None:
        """Remove an item, if it is there."""
        aws.client("dynamodb").delete_item(
            TableName=self.table, Key=_wire({"pk": key.pk, "sk": key.sk})
        )

    def flag(self, key: Key, name: str) -> bool:
        """Set a flag of an item; False when it was set already. Of two callers one gets True."""
        dynamodb = aws.client("dynamodb")
        try:
            dynamodb.update_item(
                TableName=self.table,
                Key=_wire({"pk": key.pk, "sk": key.sk}),
                UpdateExpression="SET #name = :yes",
                ConditionExpression="attribute_exists(pk) AND attribute_not_exists(#name)",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues=_wire({":yes": True}),
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def unflag(self, key: Key, name: str) -> None:
        """Remove a flag."""
        aws.client("dynamodb").update_item(
            TableName=self.table,
            Key=_wire({"pk": key.pk, "sk": key.sk}),
            UpdateExpression="REMOVE #name",
            ExpressionAttributeNames={"#name": name},
        )

    def record(self, fact: Fact) -> bool:
        """Add a line to the timeline; False when it is there already."""
        item = ledger.timeline_item(fact)
        return self.create(Key(item["pk"], item["sk"]), item)

    def knows(self, fact: Fact) -> bool:
        """Whether this line is in the timeline already."""
        item = ledger.timeline_item(fact)
        return self.get(Key(item["pk"], item["sk"])) is not None

    def timeline(self, subject: str) -> list[Item]:
        """The lines about one subject, oldest first."""
        pages = (
            aws.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=_wire({":pk": f"TIMELINE#{subject}"}),
            )
        )
        items = [_plain(item) for page in pages for item in page["Items"]]
        return sorted(items, key=lambda item: str(item["at"]))

    def recent(self, project: str, limit: int = 300) -> list[Item]:
        """Everything a project did (facts, releases, approvals), newest first."""
        answer = aws.client("dynamodb").query(**self._newest_of(project), Limit=limit)
        return [_plain(item) for item in answer["Items"]]

    def everything(self, project: str) -> list[Item]:
        """As `recent`, however many pages it takes. A filter would read, and cost, as much."""
        pages = aws.client("dynamodb").get_paginator("query").paginate(**self._newest_of(project))
        return [_plain(item) for page in pages for item in page["Items"]]

    def _newest_of(self, project: str) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "IndexName": "by_project",
            # PROJECT is one of DynamoDB's reserved words.
            "KeyConditionExpression": "#project = :project",
            "ExpressionAttributeNames": {"#project": "project"},
            "ExpressionAttributeValues": _wire({":project": project}),
            "ScanIndexForward": False,
        }

    def change_turn(
        self,
        endpoint: str,
        change: Callable[[turn.Turn], tuple[turn.Turn, turn.Effects]],
    ) -> turn.Effects:
        """Apply `change` to the turn at `endpoint`, again if somebody else was quicker."""
        key = ledger.turn_key(endpoint)
        for _ in range(RACES):
            stored = self.get(key)
            before = turn.from_item(stored) if stored else turn.Turn(endpoint)
            after, effects = change(before)
            if after == before:
                return effects
            item = turn.to_item(after) | {"revision": before.revision + 1}
            written = self.replace(key, item, before.revision) if stored else self.create(key, item)
            if written:
                return effects
        raise LedgerBusyError(f"the turn at {endpoint} changed {RACES} times while it was written")

    def register_wait(self, name: str, token: str, now: datetime) -> None:
        """Put a task token under the name of what is awaited."""
        self.put(ledger.wait_key(name), ledger.wait_item(name, token, now))

    def awaited(self, name: str) -> str | None:
        """The task token under a name."""
        item = self.get(ledger.wait_key(name))
        return str(item["token"]) if item else None

    def _put_if(
        self, key: Key, item: Mapping[str, Any], condition: str, values: Mapping[str, Any]
    ) -> bool:
        request: dict[str, Any] = {
            "TableName": self.table,
            "Item": _item(key, item),
            "ConditionExpression": condition,
        }
        if values:
            request["ExpressionAttributeValues"] = _wire(values)
        dynamodb = aws.client("dynamodb")
        try:
            dynamodb.put_item(**request)
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _item(key: Key, item: Mapping[str, Any]) -> dict[str, Any]:
    return _wire({**item, "pk": key.pk, "sk": key.sk})


def _wire(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values as DynamoDB's typed attributes (floats as exact decimals)."""
    return {name: _typed(value) for name, value in values.items()}


def _typed(value: Any) -> dict[str, Any]:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, Mapping):
        return {"M": _wire({str(name): inner for name, inner in value.items()})}
    return {"L": [_typed(inner) for inner in value]}


def _plain(attributes: Mapping[str, Any]) -> Item:
    return {name: _untyped(value) for name, value in attributes.items()}


def _untyped(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    if kind == "N":
        return float(value) if any(mark in value for mark in ".eE") else int(value)
    if kind == "M":
        return _plain(value)
    if kind == "L":
        return [_untyped(inner) for inner in value]
    return None if kind == "NULL" else value
