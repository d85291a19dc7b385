"""The last step of a deployment: remember what runs, remove what nothing needs."""
