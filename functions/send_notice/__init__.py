"""A build ended without a pipeline: people are told why, and what mends it."""
