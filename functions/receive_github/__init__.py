"""GitHub's webhook: a push to the watched branch becomes an event of our own."""
