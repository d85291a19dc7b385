"""Generators of tables to try the loop with; the standard library only."""
