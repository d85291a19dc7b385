"""The scaling of an endpoint becomes what the settings say; the count it has reached stays."""
