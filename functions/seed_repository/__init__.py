"""A new repository's first commit: the pipelines that came with the stack."""
