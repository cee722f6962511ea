"""A search as pictures and as one page."""
