"""The engine for Beam: a search as the rounds of one pipeline."""
