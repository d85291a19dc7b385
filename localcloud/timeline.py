"""Prints facts as they become known, with the seconds since the push."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO

from localcloud.watch import Fact

_HOP_WIDTH = 10


class Timeline:
    """A growing list of facts; `zero` is the moment that counts as 0 s."""

    def __init__(self, zero: float, out: TextIO | None = None) -> None:
        self.zero = zero
        self.facts: list[Fact] = []
        self._out = out if out is not None else sys.stdout

    def add(self, facts: Iterable[Fact]) -> None:
        """Print `facts` and keep them."""
        for fact in facts:
            self.facts.append(fact)
            print(line(fact, self.zero), file=self._out, flush=True)


def line(fact: Fact, zero: float) -> str:
    """Return one line: seconds, place in the flow, what happened."""
    return f"{fact.at - zero:7.1f} s  {fact.hop:<{_HOP_WIDTH}}  {fact.text}"
