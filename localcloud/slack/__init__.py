"""Slack, as far as Slipway uses it: messages, dialogs, members, and buttons that people press."""
