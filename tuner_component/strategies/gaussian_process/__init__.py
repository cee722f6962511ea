"""Gaussian process regression on features, and what a search asks of it."""
