"""An endpoint is really tested: golden requests, bad requests, latency under load."""
