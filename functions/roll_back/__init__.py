"""The release page's one form: production goes back to the last known good config."""
