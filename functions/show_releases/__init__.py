"""The release page: what runs where, what waits for whom, and why for each version."""
