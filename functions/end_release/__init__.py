"""A release's execution ended without closing the release (aborted, timed out): close it."""
