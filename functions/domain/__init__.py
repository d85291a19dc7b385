"""The rules of Slipway: pure functions and frozen values.

Nothing here reads a clock, an environment variable, a file or AWS; times, ids and secrets are
passed in. `tests/contract/test_dependencies_point_one_way.py` holds this.
"""
