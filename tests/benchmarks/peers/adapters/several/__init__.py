"""Adapters of searches with several objectives; apart, as theirs are other results."""
