"""Every key of `vouch.yaml`, with its default and what it means."""
