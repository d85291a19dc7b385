"""The end of a pipeline: a review with the evidence, or a notice with the reason."""
