"""The doors: the only sockets of ours."""
