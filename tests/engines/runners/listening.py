"""Which ports processes listen on."""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.engines.beam_searches import Silent
from tests.engines.sessions import family

_LISTEN = "0A"
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Listening(Silent):
    """Looks twice a second for ports of Python processes that other hosts can reach."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def on_tick(self, study: object) -> None:
        ours = filter(_is_python, family(os.getpid()))
        self.found |= {*foreign_listeners(ours)}


def _is_python(process: int) -> bool:
    with contextlib.suppress(OSError):
        return "python" in Path(f"/proc/{process}/exe").readlink().name
    return False


def foreign_listeners(pids: Iterable[int]) -> list[str]:
    """Returns the addresses, other than loopback's, that processes listen on."""
    return [
        f"{address} port {port}"
        for address, port in listeners(pids)
        if not address.is_loopback
    ]


def listeners(pids: Iterable[int]) -> list[tuple[_Address, int]]:
    """Returns the addresses and ports that processes listen on."""
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN and fields[9] in inodes:
                address, _, port = fields[1].partition(":")
                found.append((_address(address), int(port, 16)))
    return found


def _sockets(pid: int) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                link = os.readlink(file)  # noqa: PTH115 - "socket:[123]"
                if link.startswith("socket:"):
                    yield link.removeprefix("socket:[").removesuffix("]")


def _address(text: str) -> _Address:
    words = bytes.fromhex(text)
    raw = b"".join(words[i : i + 4][::-1] for i in range(0, len(words), 4))
    address = ipaddress.ip_address(raw)
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
