"""The page of one approval. Showing it changes nothing: scanners open links too."""
