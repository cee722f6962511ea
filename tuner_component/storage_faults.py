"""Whether an error tells of the storage of a machine, and nothing of the code on it."""

from __future__ import annotations

import errno
import os

_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE)
# HDF5 and TensorFlow raise errors of their own that hold the system's words.
_TEXTS = tuple(os.strerror(number) for number in _FAULTS)


def is_storage_fault(error: BaseException) -> bool:
    """Returns whether a disk is full or fails."""
    if isinstance(error, OSError) and error.errno in _FAULTS:
        return True
    return any(text in str(error) for text in _TEXTS)
