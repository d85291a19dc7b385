"""What an endpoint costs per month at list prices: a figure to decide by, not a bill.

A small table of on-demand prices of one region, copied by hand on the day below, so that a page
needs no call. It leaves out savings plans, free tier, storage and data transfer. A type that is not
in the table is unknown (None), never zero. Serverless costs nothing at rest; `basis` says what
answering costs.
Source: https://aws.amazon.com/sagemaker/ai/pricing/ as published copies quote it.
"""

from domain.pages.view import Cost
from domain.stages import Autoscaling, Instances, Serverless, Stage

REGION = "us-east-1"
COPIED_ON = "2026-11-23"
HOURS_PER_MONTH = 730
SERVERLESS_GB_SECOND = 0.00002

# US dollars per hour of real-time inference.
HOURLY: dict[str, float] = {
    "ml.t2.medium": 0.056,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.c5.large": 0.102,
    "ml.c5.xlarge": 0.204,
    "ml.c5.2xlarge": 0.408,
    "ml.c5.4xlarge": 0.816,
    "ml.g4dn.xlarge": 0.736,
    "ml.g5.xlarge": 1.408,
}

Capacity = Serverless | Instances


def monthly(capacity: Capacity | None) -> float | None:
    """US dollars per month at rest: 0 without an endpoint and serverless, None if unknown."""
    if capacity is None or isinstance(capacity, Serverless):
        return 0.0
    hourly = HOURLY.get(capacity.type)
    return None if hourly is None else hourly * HOURS_PER_MONTH * capacity.count


def describe(capacity: Capacity) -> str:
    """`1 × ml.m5.large` or `serverless, 2048 MB`."""
    if isinstance(capacity, Serverless):
        return f"serverless, {capacity.memory_mb} MB"
    return f"{capacity.count} × {capacity.type}"


def cost_of_change(before: Capacity | None, stage: Stage, region: str = REGION) -> Cost:
    """The cost now (None: there is no endpoint yet) and after the stage's settings are applied."""
    after = stage.capacity
    words = [f"On-demand list prices of {REGION}, copied on {COPIED_ON}, {HOURS_PER_MONTH} hours."]
    if region != REGION:
        words.append(f"This stack is in {region}, where prices differ.")
    words.append(_after(after))
    if stage.name == "staging":
        words.append("Staging is torn down after its release, so this is paid for hours of it.")
    if isinstance(after, Instances) and stage.autoscaling:
        words.append(_range(after, stage.autoscaling))
    return Cost(monthly(before), monthly(after), " ".join(words))


def _after(capacity: Capacity) -> str:
    if isinstance(capacity, Serverless):
        second = SERVERLESS_GB_SECOND * capacity.memory_mb / 1024
        size = f"Serverless, {capacity.memory_mb} MB"
        return f"{size}: nothing at rest, ${second:.6f} per second of answering."
    hourly = HOURLY.get(capacity.type)
    if hourly is None:
        return f"{capacity.type} is not in the table, so its cost is unknown."
    return f"{describe(capacity)} at ${hourly:g} per hour."


def _range(capacity: Instances, scaling: Autoscaling) -> str:
    hourly = HOURLY.get(capacity.type)
    most = f", at most ${hourly * HOURS_PER_MONTH * scaling.max_count:,.0f}" if hourly else ""
    return f"Autoscaling keeps {scaling.min_count} to {scaling.max_count} instances{most}."
