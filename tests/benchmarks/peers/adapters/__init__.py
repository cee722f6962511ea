"""What each peer needs to be asked and told; runs in the peer's environment.

An adapter is `Adapter(space, seed, num_trials)`. The space is a list of objects
`{"name", "kind", "low", "high", "log", "default"}` with the kind `float` or `int`, or
`{"name", "kind": "choice", "values", "default"}`. Its two calls:

    ask(number) -> values of the configuration with this number, from 0
    tell(number, loss)       loss: None if the trial failed

The configuration 0 is that of the defaults, for every peer.
"""
