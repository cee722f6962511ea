"""Storage that the hosts of an engine share, and what its objects may be called."""
