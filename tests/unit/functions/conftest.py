"""Hypothesis without a clock: a busy machine is no failing test."""

from hypothesis import settings

settings.register_profile("slipway", deadline=None)
settings.load_profile("slipway")
