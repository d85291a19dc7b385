"""Slack's buttons and the reason dialog: only what Slack signed counts."""
