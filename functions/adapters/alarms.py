"""CloudWatch alarms of a deployment."""

from collections.abc import Sequence

from adapters import aws


def delete(names: Sequence[str]) -> None:
    """Remove alarms; those that are gone already are no error."""
    if names:
        aws.client("cloudwatch").delete_alarms(AlarmNames=list(names))
