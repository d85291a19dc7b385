"""The names under which scripts find Response and the error classes."""

from . import content_types, errors, worker

__all__ = ["content_types", "errors", "worker"]
