"""Several objectives at once: who is beaten by nobody, how much a set is worth."""
