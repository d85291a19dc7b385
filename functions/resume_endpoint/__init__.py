"""An endpoint came to rest: the deployment that waits for it goes on and looks."""
