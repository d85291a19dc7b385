"""The end of the monitor: its figures become metrics, on which an alarm starts training."""
