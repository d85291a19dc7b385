"""Staging costs money while it stands: remove it, unless another release needs it."""
