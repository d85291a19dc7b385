"""Pipelines as code: one folder per project, one set of step scripts for all of them."""
