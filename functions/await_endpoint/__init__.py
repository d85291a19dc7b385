"""A deployment waits for its endpoint: register the token, look once, wait for the event."""
