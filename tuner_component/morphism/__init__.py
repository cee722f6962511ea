"""Changes of a network that keep its function: wider, deeper, with more skips."""
