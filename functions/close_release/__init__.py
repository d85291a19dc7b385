"""The last step of every release: record the outcome, give the turn back, tell people."""
