"""The last build's pipeline, once more on the data as it is now."""
