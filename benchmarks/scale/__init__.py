"""What a cluster, object storage and a million documents cost."""
