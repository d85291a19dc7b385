"""Between staging and production nothing may have changed: approval, artifact, turn."""
