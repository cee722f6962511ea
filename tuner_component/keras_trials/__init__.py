"""Trials of a `build_model` that returns Keras models."""
