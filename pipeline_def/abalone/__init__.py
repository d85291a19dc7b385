"""Abalone: how old a shell is, from its measures; regression on a table without a header."""
