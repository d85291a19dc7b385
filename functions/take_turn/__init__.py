"""A release takes its turn at production: register the token, look once, wait."""
