"""The settings of a step: `settings.json` beside the script, cut from parameters.yaml."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BINARY = "binary_classification"
REGRESSION = "regression"

Settings = dict[str, Any]


@dataclass(frozen=True)
class TableSpec:
    """How the table is written: columns in the order of the file, and how to read a field."""

    columns: dict[str, str]  # name -> numeric | categorical | dropped | label
    header: bool
    delimiter: str
    decimal: str
    missing: frozenset[str]

    @property
    def label(self) -> str:
        """Return the name of the label's column."""
        return next(name for name, kind in self.columns.items() if kind == "label")

    @property
    def inputs(self) -> dict[str, str]:
        """Return the columns of a raw row as the endpoint takes it: all but the label."""
        return {name: kind for name, kind in self.columns.items() if kind != "label"}


def load(script: str) -> Settings:
    """Return the settings that were packed beside `script` (pass `__file__`)."""
    settings: Settings = json.loads(
        Path(script).with_name("settings.json").read_text(encoding="utf-8")
    )
    return settings


def table_spec(settings: Settings) -> TableSpec:
    """Return the table's description from the section `table` of the settings."""
    table = settings["table"]
    return TableSpec(
        columns={column["name"]: column["type"] for column in table["columns"]},
        header=table["header"],
        delimiter=table["delimiter"],
        decimal=table["decimal"],
        missing=frozenset(table["missing"]),
    )
