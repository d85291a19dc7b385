"""Step Preprocess: split the raw rows, and learn the encoder from the training rows alone.

In:  --data. Out: --train, --validation, --test (rows.csv: the label as a number, then the raw
fields) and features.json beside the training rows. The rows stay raw: the model takes raw rows.
"""

import csv
import hashlib
import json
import random
import sys
from pathlib import Path

import container
import features
import settings as project
from container import StepError
from labels import read_labels
from settings import BINARY, Settings, TableSpec
from table import Row, number, read_rows

PARTS = ("train", "validation", "test")


def split(rows: list[list[str]], labels: list[float], settings: Settings) -> dict[str, list[int]]:
    """Return the row numbers of each part, in the shares of the settings.

    A row's own content and the seed decide, not its place: in a table that grew, a row that the
    live model learnt from is not one that the next model is compared with it on. Copies of a row
    stay together. For a classification each class is split on its own, so that every part has its
    share of both.
    """
    shares = settings["split"]
    classes: dict[float, list[int]] = {}
    for at, label in enumerate(labels):
        key = label if settings["problem"] == BINARY else 0.0
        classes.setdefault(key, []).append(at)
    parts: dict[str, list[int]] = {name: [] for name in PARTS}
    for _, members in sorted(classes.items()):
        members.sort(key=lambda at: _place(rows[at], shares["seed"]))
        first = round(len(members) * shares["train"])
        second = first + round(len(members) * shares["validation"])
        # The validation part lies between the two others: what a new row moves, moves into it.
        parts["train"] += members[:first]
        parts["validation"] += members[first:second]
        parts["test"] += members[second:]
    shuffle = random.Random(shares["seed"]).shuffle
    for members in parts.values():
        shuffle(members)
    return parts


def _place(row: list[str], seed: int) -> bytes:
    """Return what rows are put in order by: as good as drawn, and the same in every table."""
    return hashlib.sha256("\0".join([str(seed), *row]).encode()).digest()


def check_parts(parts: dict[str, list[int]], labels: list[float], settings: Settings) -> None:
    """Raise StepError for a part that nothing can be learnt from, or judged on."""
    least = 2 if settings["problem"] == BINARY else 1
    for name, members in parts.items():
        if len({labels[at] for at in members}) < least:
            lacks = "rows of both classes" if least > 1 else "any rows"
            raise StepError(
                f"the {name} part would not have {lacks}, of {len(labels)} rows in the table; add"
                " rows, or change the shares under split in parameters.yaml."
            )


def raw_rows(rows: list[Row], spec: TableSpec) -> list[list[str]]:
    """Return the rows as the endpoint takes them: no label, '' for missing, '.' as decimal mark."""
    kinds = list(spec.columns.values())
    keep = [at for at, kind in enumerate(kinds) if kind != "label"]
    numeric = {at for at, kind in enumerate(kinds) if kind == "numeric"}
    return [[_raw(row.fields[at], at in numeric, spec) for at in keep] for row in rows]


def _raw(text: str, numeric: bool, spec: TableSpec) -> str:
    if text in spec.missing:
        return ""
    if numeric:
        number(text, spec.decimal)
        return text.replace(spec.decimal, ".")
    return text


def main() -> None:
    """Split the table of the container."""
    settings = project.load(__file__)
    paths = container.paths(
        "Split the raw table and learn the encoder.",
        data="/opt/ml/processing/input/data",
        train="/opt/ml/processing/output/train",
        validation="/opt/ml/processing/output/validation",
        test="/opt/ml/processing/output/test",
    )
    spec = project.table_spec(settings)
    rows = read_rows(paths.data, spec)
    labels = read_labels(rows, spec, settings)
    raw = raw_rows(rows, spec)
    parts = split(raw, labels, settings)
    check_parts(parts, labels, settings)
    for name, members in parts.items():
        _write_rows(getattr(paths, name), [[f"{labels[at]:.9g}", *raw[at]] for at in members])
    encoder = features.learn(
        spec.inputs, [raw[at] for at in parts["train"]], settings["split"]["rare_category"]
    )
    encoder["problem"] = settings["problem"]
    encoder["rows"] = {name: len(members) for name, members in parts.items()}
    encoder["data"] = {"digest": paths.data_digest, "rows": len(rows)}
    (paths.train / "features.json").write_text(json.dumps(encoder, indent=1), encoding="utf-8")
    print(f"split into {encoder['rows']}, {len(encoder['features'])} features")


def _write_rows(folder: Path, rows: list[list[str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    sys.exit(container.run(main, container.message_file()))
