"""A pipeline was started for a commit: the branch's last build, and the first line of its story."""
