"""Other people's searches, each in an environment of its own, by ask and tell."""
