"""Loaded by every Python process of a job that has no private mount: see ``opt_ml`` beside it."""

import opt_ml  # type: ignore[import-not-found]  # resolved by the job's PYTHONPATH

opt_ml.install()
