"""Staging costs money while it stands: remove it, unless a newer release stands there now."""
