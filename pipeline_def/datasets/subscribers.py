"""Subscribers in the layout of the other well-known churn table: customerID … Churn, 21 columns.

    python -m pipeline_def.datasets.subscribers --rows 4000 --seed 7 --out subscribers.csv

Labels are Yes and No, and TotalCharges is blank for who has only just signed up, as in the
original: docs/your-own-data.md shows how such a table becomes a project.
"""

import argparse
import csv
import math
import random
from collections.abc import Iterator
from pathlib import Path

ADDED = ["OnlineSecurity", "OnlineBackup", "DeviceProtection", "TechSupport"]
STREAMS = ["StreamingTV", "StreamingMovies"]
HEADER = [
    *("customerID", "gender", "SeniorCitizen", "Partner", "Dependents", "tenure"),
    *("PhoneService", "MultipleLines", "InternetService", *ADDED, *STREAMS),
    *("Contract", "PaperlessBilling", "PaymentMethod", "MonthlyCharges", "TotalCharges", "Churn"),
]
PAYMENTS = ("Electronic check", "Mailed check", "Bank transfer", "Credit card")


def subscribers(rows: int, seed: int) -> Iterator[list[str]]:
    """Yield `rows` subscribers as the fields of the file; the same seed gives the same ones."""
    draw = random.Random(seed)
    for at in range(rows):
        yield _subscriber(draw, at)


def _subscriber(draw: random.Random, at: int) -> list[str]:
    tenure = min(72, int(draw.expovariate(1 / 34)))
    internet = draw.choice(("DSL", "Fiber optic", "Fiber optic", "No"))
    contract = draw.choices(("Month-to-month", "One year", "Two year"), (3, 1, 1 + tenure / 40))[0]
    phone = draw.random() < 0.9
    extras = {name: _extra(draw, internet) for name in (*ADDED, *STREAMS)}
    price = {"No": 20.0, "DSL": 45.0, "Fiber optic": 70.0}[internet]
    monthly = price + 5 * sum(value == "Yes" for value in extras.values()) + draw.gauss(0, 2)
    payment = draw.choice(PAYMENTS)
    odds = -0.5 - 0.05 * tenure
    odds += {"Month-to-month": 1.0, "One year": -1.2, "Two year": -2.6}[contract]
    if internet == "Fiber optic" and extras["TechSupport"] == "No":
        odds += 1.3
    odds += 0.7 * (payment == "Electronic check")
    leaves = draw.random() < 1 / (1 + math.exp(-odds))
    return [
        f"{draw.randrange(10000):04d}-{at:05d}",
        draw.choice(("Female", "Male")),
        str(int(draw.random() < 0.16)),
        *(draw.choice(("Yes", "No")) for _ in range(2)),
        str(tenure),
        "Yes" if phone else "No",
        draw.choice(("Yes", "No")) if phone else "No phone service",
        internet,
        *extras.values(),
        contract,
        draw.choice(("Yes", "No")),
        payment,
        f"{monthly:.2f}",
        f"{monthly * tenure:.2f}" if tenure else " ",
        "Yes" if leaves else "No",
    ]


def _extra(draw: random.Random, internet: str) -> str:
    return "No internet service" if internet == "No" else draw.choice(("Yes", "No", "No"))


def write(path: Path, rows: int, seed: int) -> None:
    """Write the table to `path`, making its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(subscribers(rows, seed))


def main() -> None:
    """Write a table as the command line asks."""
    parser = argparse.ArgumentParser(description="Write subscribers of a telecom provider.")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write(options.out, options.rows, options.seed)
    print(f"{options.out}: {options.rows} subscribers")


if __name__ == "__main__":
    main()
