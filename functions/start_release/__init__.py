"""The registry's decision about a version: Approved starts a release, Rejected ends one."""
