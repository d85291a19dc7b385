"""Telecom customers in AWS's 21-column churn layout, made from a seed.

    python -m pipeline_def.datasets.telecom --rows 5000 --seed 7 --out churn.csv

The distributions follow the well-known table (about one customer in seven leaves). What drives them
away is mostly an *interaction*, as in the real table: heavy day use without voice mail, many
service calls on a small bill, an international plan that is hardly or heavily used. So trees
clearly beat a linear model.
"""

import argparse
import csv
import math
import random
from collections.abc import Iterator
from pathlib import Path

HEADER = [
    "State",
    "Account Length",
    "Area Code",
    "Phone",
    "Int'l Plan",
    "VMail Plan",
    "VMail Message",
    "Day Mins",
    "Day Calls",
    "Day Charge",
    "Eve Mins",
    "Eve Calls",
    "Eve Charge",
    "Night Mins",
    "Night Calls",
    "Night Charge",
    "Intl Mins",
    "Intl Calls",
    "Intl Charge",
    "CustServ Calls",
    "Churn?",
]

# fmt: off
STATES = [
    "AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA", "ID", "IL",
    "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE",
    "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT",
    "VA", "VT", "WA", "WI", "WV", "WY",
]
# fmt: on

PRICE = {"day": 0.17, "eve": 0.085, "night": 0.045, "intl": 0.27}  # per minute


def churn_odds(
    *, day: float, eve: float, intl: float, intl_calls: int, service: int, abroad: bool, mail: bool
) -> float:
    """Return the log-odds that a customer leaves, from minutes, calls and plans."""
    odds = -4.35 + 0.15 * service + 0.1 * (eve - 200) / 50
    if not mail:
        odds += 6.4 * _above(day + 0.35 * (eve - 200), 248, 9)
    odds += 6.4 * _above(service, 3.5, 0.2) * _above(-day, -172, 9)
    if abroad:
        odds += 0.4 + 5.8 * max(_above(intl, 13, 0.25), _above(-intl_calls, -2.5, 0.15))
    return odds


def _above(value: float, edge: float, width: float) -> float:
    """Return a soft step from 0 to 1 at `edge`."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, (value - edge) / width))))


def customers(rows: int, seed: int) -> Iterator[list[str]]:
    """Yield `rows` customers as the fields of the file; the same seed gives the same customers."""
    draw = random.Random(seed)
    phones = draw.sample(range(10_000_000), rows)
    for at in range(rows):
        yield _customer(draw, phones[at])


def _customer(draw: random.Random, phone: int) -> list[str]:
    abroad, mail = draw.random() < 0.10, draw.random() < 0.27
    minutes = {
        "day": max(0.0, round(draw.gauss(180, 54), 1)),
        "eve": max(0.0, round(draw.gauss(200, 51), 1)),
        "night": max(0.0, round(draw.gauss(200, 51), 1)),
        "intl": max(0.0, round(draw.gauss(10.2, 2.8), 1)),
    }
    calls = {name: max(0, round(draw.gauss(100, 20))) for name in ("day", "eve", "night")}
    calls["intl"] = 1 + min(19, int(draw.gammavariate(2.2, 1.6)))
    service = _poisson(draw, 1.56)
    odds = churn_odds(
        day=minutes["day"],
        eve=minutes["eve"],
        intl=minutes["intl"],
        intl_calls=calls["intl"],
        service=service,
        abroad=abroad,
        mail=mail,
    )
    leaves = draw.random() < 1 / (1 + math.exp(-odds))
    fields: list[str] = [
        draw.choice(STATES),
        str(max(1, round(draw.gauss(101, 40)))),
        draw.choice(("408", "415", "415", "510")),
        f"{phone // 10_000:03d}-{phone % 10_000:04d}",
        "yes" if abroad else "no",
        "yes" if mail else "no",
        str(max(4, round(draw.gauss(29, 7))) if mail else 0),
    ]
    for name in ("day", "eve", "night", "intl"):
        charge = f"{minutes[name] * PRICE[name]:.2f}"
        fields += [f"{minutes[name]:.1f}", str(calls[name]), charge]
    return [*fields, str(service), "True." if leaves else "False."]


def _poisson(draw: random.Random, mean: float) -> int:
    """Return a Poisson number (Knuth's way; fine for a small mean)."""
    limit, product, count = math.exp(-mean), draw.random(), 0
    while product > limit:
        product *= draw.random()
        count += 1
    return count


def write(path: Path, rows: int, seed: int) -> None:
    """Write the table to `path`, making its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(customers(rows, seed))


def main() -> None:
    """Write a table as the command line asks."""
    parser = argparse.ArgumentParser(description="Write telecom customers in AWS's churn layout.")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write(options.out, options.rows, options.seed)
    print(f"{options.out}: {options.rows} customers")


if __name__ == "__main__":
    main()
