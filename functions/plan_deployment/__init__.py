"""The first step of a deployment: look at the endpoint as it is, and work out every argument."""
