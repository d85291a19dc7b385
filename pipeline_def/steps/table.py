"""Read the raw table: every fault is refused with the file, the line and what would mend it.

The csv module instead of pandas: pandas guesses types (`True` becomes a bool, `007` a 7), forgets
line numbers, and takes a second to import.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from container import StepError
from settings import TableSpec

HTML = re.compile(r"\s*<(!|\?xml|html|head|body)", re.IGNORECASE)
MERGE_MARKER = re.compile(r"(<{7}|>{7}|={7}|\|{7})($|\s)")
LARGEST = 3.4e38  # what a 32-bit float, as the model has them, can hold
DELIMITERS = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas"}


@dataclass(frozen=True)
class Row:
    """One row: where it stands, and its fields in the order of the settings' columns."""

    file: str
    line: int
    fields: list[str]

    @property
    def place(self) -> str:
        """Return how a message names this row."""
        return f"{self.file}, line {self.line}"


def read_rows(folder: Path, spec: TableSpec) -> list[Row]:
    """Return all rows of all files below `folder`, or raise StepError at the first fault."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith((".", "_"))
    )
    if not files:
        raise StepError("no data file was found under the input prefix; upload a table there.")
    return [row for path in files for row in _read_file(path, spec)]


def _read_file(path: Path, spec: TableSpec) -> Iterator[Row]:
    text = _text(path)
    _refuse_what_is_no_table(path.name, text)
    records = _records(path.name, text, spec.delimiter)
    names = list(spec.columns)
    order = list(range(len(names)))
    if spec.header:
        line, header = next(records, (1, []))
        order = _column_order(path.name, line, header, spec)
    for line, fields in records:
        if len(fields) != len(names):
            raise StepError(
                f"{path.name}, line {line} has {len(fields)} fields instead of {len(names)}"
                f"{_delimiter_hint(fields, spec)}; correct the line"
                " or table.columns in parameters.yaml."
            )
        yield Row(path.name, line, [fields[at].strip() for at in order])


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if not raw.removeprefix(b"\xef\xbb\xbf").strip():
        raise StepError(f"{path.name} is empty; upload the table again.")
    if raw[:4] == b"PK\x03\x04" or raw[:2] == b"\x1f\x8b":
        raise StepError(f"{path.name} is a compressed file; upload the unpacked text file.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise StepError(
            f"{path.name}, line {line} is not UTF-8 text (byte 0x{raw[error.start]:02x});"
            " save the file with UTF-8 encoding."
        ) from error


def _refuse_what_is_no_table(name: str, text: str) -> None:
    if HTML.match(text):
        raise StepError(
            f"{name}, line 1 is an HTML page, not a table; download the raw file instead of the"
            " page that shows it."
        )
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return
    for line, content in enumerate(text.split("\n"), start=1):
        if MERGE_MARKER.match(content):
            raise StepError(
                f"{name}, line {line} is a git merge marker ({content[:7]}); resolve the merge"
                " and upload the file again."
            )


def _records(name: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, fields) for each record; blank lines are left out, CRLF is fine."""
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True)
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                yield reader.line_num, fields
    except csv.Error as error:
        raise StepError(
            f"{name}, line {reader.line_num} cannot be read as CSV ({error}); correct the quotes."
        ) from error


def _column_order(name: str, line: int, header: list[str], spec: TableSpec) -> list[int]:
    """Return, for each column of the settings, its position in this file's header."""
    found = [field.strip() for field in header]
    expected = list(spec.columns)
    missing = [column for column in expected if column not in found]
    if len(missing) == len(expected):
        raise StepError(
            f"{name}, line {line} is not the header of this table (it begins"
            f" '{spec.delimiter.join(found)[:60]}', expected '{','.join(expected)[:60]}…')"
            f"{_delimiter_hint(header, spec)}; use the right file,"
            " or describe this one under table in parameters.yaml."
        )
    unknown = [column for column in found if column not in spec.columns]
    if missing:
        instead = f" (it has {_quoted(unknown)} instead)" if unknown else ""
        raise StepError(
            f"{name}, line {line}: column {_quoted(missing)} is missing in the header{instead}; add"
            " it to the file, or correct table.columns in parameters.yaml."
        )
    twice = sorted({column for column in found if found.count(column) > 1})
    if twice:
        raise StepError(
            f"{name}, line {line}: column {_quoted(twice)} is in the header more than once;"
            " remove or rename the copy."
        )
    if unknown:
        raise StepError(
            f"{name}, line {line}: column {_quoted(unknown)} is not in table.columns of"
            " parameters.yaml; add it there (as `dropped` if the model shall not see it)."
        )
    return [found.index(column) for column in expected]


def _delimiter_hint(fields: list[str], spec: TableSpec) -> str:
    """Return a half-sentence if the file seems to use another delimiter than the settings say."""
    line = spec.delimiter.join(fields)
    for delimiter, name in DELIMITERS.items():
        if delimiter != spec.delimiter and line.count(delimiter) == len(spec.columns) - 1:
            shown = "\\t" if delimiter == "\t" else delimiter
            return (
                f'; its fields are separated by {name}: set table.delimiter to "{shown}"'
                ' (and table.decimal to "," if its numbers have a comma)'
            )
    return ""


def _quoted(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def number(text: str, decimal: str = ".") -> float:
    """Return the number that `text` writes; raise ValueError if it writes none a model can hold."""
    if decimal != ".":
        if "." in text:
            raise ValueError(text)
        text = text.replace(decimal, ".")
    if "_" in text:  # float() takes 1_000, no table means it
        raise ValueError(text)
    value = float(text)
    if not -LARGEST < value < LARGEST:
        raise ValueError(text)
    return value
