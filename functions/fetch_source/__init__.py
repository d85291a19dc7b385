"""The first step of a build: a commit is read, checked and stored; nothing of it is run."""
