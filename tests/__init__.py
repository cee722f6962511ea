"""A package of its own: IPython has one of the same name on the path."""
