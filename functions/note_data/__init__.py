"""Data arrived: the run waits until no more does."""
