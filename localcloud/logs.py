"""What functions wrote to CloudWatch, saved to files: a cloud's memory ends with its process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from localcloud.cloud import RunningCloud

_LEVELS = ("ERROR", "CRITICAL")


def save(cloud: RunningCloud, folder: Path) -> list[str]:
    """Write each log group to a file in `folder`; return the errors in them, one line each."""
    logs = cloud.client("logs")
    folder.mkdir(parents=True, exist_ok=True)
    errors = []
    for group in _groups(logs):
        lines = _lines(logs, group)
        if lines:
            name = group.strip("/").replace("/", "_")
            (folder / f"{name}.log").write_text("\n".join(lines) + "\n")
            errors += errors_in(lines)
    return errors


def errors_in(lines: list[str]) -> list[str]:
    """Return the errors in a log: structured ones, and the last line of each traceback."""
    found = []
    inside = False
    for line in lines:
        if line.startswith("Traceback (most recent call last)"):
            inside = True
        elif inside and line[:1] not in (" ", ""):
            found.append(" ".join(line.split()))
            inside = False
        elif not inside and (said := error_in(line)):
            found.append(said)
    return found


def error_in(line: str) -> str:
    """Return what an error line says, in one line, or nothing for any other line.

    Reads the JSON that Lambda and Powertools write, and the plain `[ERROR]` of the runtime.
    """
    try:
        record = json.loads(line)
    except ValueError:
        text = line.strip()
        return " ".join(text.split()) if text.startswith("[ERROR]") else ""
    if not isinstance(record, dict) or record.get("level") not in _LEVELS:
        return ""
    said = record.get("exception") or record.get("errorMessage") or record.get("message")
    where = record.get("function_name") or record.get("service") or ""
    last = str(said).strip().splitlines()[-1:]
    return " ".join([f"{where}:", *last]).strip()


def _groups(logs: Any) -> list[str]:
    pages = logs.get_paginator("describe_log_groups").paginate()
    return [group["logGroupName"] for page in pages for group in page["logGroups"]]


def _lines(logs: Any, group: str) -> list[str]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"].rstrip("\n") for page in pages for event in page["events"]]
