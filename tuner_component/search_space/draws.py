"""Random integers of any size."""

from __future__ import annotations

import numpy as np


def below(rng: np.random.Generator, limit: int) -> int:
    """Returns a random integer from 0 to `limit - 1`; the limit may be huge.

    Its probability differs from uniform by less than one part in 2**64.

    Args:
        rng: Gives the random bits.
        limit: At least 1.
    """
    num_bytes = (limit.bit_length() + 7) // 8 + 8
    return int.from_bytes(rng.bytes(num_bytes), "big") % limit
