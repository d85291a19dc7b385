"""AWS behind small functions. What is decided is in `domain`; what is asked of AWS is here."""
