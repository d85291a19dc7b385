"""Every quarter of an hour: what should an event have started? Events may be lost."""
