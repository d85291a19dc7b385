"""The scaling of an endpoint becomes what the settings say; without any, so does its count."""
