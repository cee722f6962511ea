"""One Tuner step: from artifacts to a plan, a search, and artifacts again."""
