"""Points to try the functions on."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

FEW = st.integers(2, 4).flatmap(
    lambda num_objectives: hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.just(num_objectives)),
        elements=st.integers(0, 5).map(float),
    )
)
"""Small integers, so that there are ties and equal points; shape (n, 2 to 4)."""
