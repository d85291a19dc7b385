"""Captured requests to production are compared with what its version was trained on."""
