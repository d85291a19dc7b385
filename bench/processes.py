"""The processor time that a process and everything it started have used, from Linux's /proc."""

from __future__ import annotations

import os
from pathlib import Path


def cpu_seconds(pid: int) -> float | None:
    """User and system seconds of `pid`, its descendants, and those they waited for.

    None where there is no /proc. Independent of what else the machine does, unlike the clock.
    """
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name of the program, in brackets, may hold anything.
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks = sum(int(value) for value in fields[11:15])
        stats[int(path.parent.name)] = (int(fields[1]), ticks)
    if pid not in stats:
        return None
    family = {pid}
    while more := {one for one, (parent, _) in stats.items() if parent in family} - family:
        family |= more
    return sum(stats[one][1] for one in family) / os.sysconf("SC_CLK_TCK")
