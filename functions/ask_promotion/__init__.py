"""Staging passed: register who waits, ask a person, and wait for the answer."""
