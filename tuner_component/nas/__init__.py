"""Neural architectures: what can be built, and what one takes over from another."""
