"""Shells in the layout of UCI's abalone table, made from a seed: no header, rings to predict.

    python -m pipeline_def.datasets.abalone --rows 4177 --seed 7 --out abalone.csv

Age drives size, size drives weight (by its cube), and both with noise, so that rings can be told
from the measures about as well as in the real table (mean squared error 4 to 5, variance 10).
"""

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path


def shells(rows: int, seed: int) -> Iterator[list[str]]:
    """Yield `rows` shells as the fields of the file; the same seed gives the same shells."""
    draw = random.Random(seed)
    for _ in range(rows):
        yield _shell(draw)


def _shell(draw: random.Random) -> list[str]:
    rings = max(1, min(29, round(draw.gammavariate(9.5, 1.05))))
    grown = 1 - 2.718281828 ** (-rings / 5.5)
    length = max(0.08, min(0.81, 0.66 * grown + draw.gauss(0, 0.055)))
    sex = "I" if draw.random() < 1.15 - 1.5 * length else draw.choice("MF")
    diameter = max(0.055, length * 0.795 + draw.gauss(0, 0.012))
    height = max(0.01, length * 0.268 + draw.gauss(0, 0.017))
    whole = max(0.002, 5.1 * length**3 * draw.gauss(1, 0.12))
    shucked = max(0.001, whole * max(0.2, draw.gauss(0.45 - 0.004 * (rings - 10), 0.04)))
    viscera = max(0.0005, whole * draw.gauss(0.22, 0.025))
    shell = max(0.0015, whole * max(0.1, draw.gauss(0.28 + 0.006 * (rings - 10), 0.025)))
    measures = (length, diameter, height, whole, shucked, viscera, shell)
    return [sex, *(f"{value:.4f}" for value in measures), str(rings)]


def write(path: Path, rows: int, seed: int) -> None:
    """Write the table to `path`, making its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(shells(rows, seed))


def main() -> None:
    """Write a table as the command line asks."""
    parser = argparse.ArgumentParser(description="Write shells in the layout of abalone.")
    parser.add_argument("--rows", type=int, default=4177)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write(options.out, options.rows, options.seed)
    print(f"{options.out}: {options.rows} shells")


if __name__ == "__main__":
    main()
