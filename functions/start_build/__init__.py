"""A new head of the watched branch starts a build; anything else starts nothing."""
