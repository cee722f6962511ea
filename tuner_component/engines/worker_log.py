"""The end of a worker's log, for those who ask why it died."""

from __future__ import annotations

from pathlib import Path

_TAIL_LINES = 40
_TAIL_BYTES = 64 * 1024
_DEATH = "Fatal Python error"


def tail(log: Path, start: int = 0) -> str:
    """Returns the last 40 lines of a log behind byte `start`.

    Where Python died by a signal it is the 40 that say so: the last ones may all be
    calls within the driver, if the worker is a fork of it.
    """
    try:
        with log.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(start, end - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = text.splitlines()
    deaths = [k for k, line in enumerate(lines) if line.startswith(_DEATH)]
    begin = max(len(lines) - _TAIL_LINES, 0)
    begin = min([begin, *deaths[-1:]])
    return "\n".join(lines[begin : begin + _TAIL_LINES])
