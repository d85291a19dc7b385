"""The model registry: groups, versions, their approval and what is told about them."""

from localcloud.sagemaker.registry import groups, listing, packages, updates

__all__ = ["groups", "listing", "packages", "updates"]
