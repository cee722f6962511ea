"""Keeps what Beam's local runners listen on to this machine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

_EVERYWHERE = "[::]:"


@contextlib.contextmanager
def on_loopback() -> Iterator[None]:
    """Has Beam's servers for workers of this machine listen on loopback alone.

    Beam's `FnApiRunner`, the servers for the logs of its worker processes and its
    loopback worker pool tell their workers "localhost", but listen on every address of
    the machine, and ask nobody who they are.
    """
    from apache_beam.runners.portability import local_job_service
    from apache_beam.runners.portability.fn_api_runner import worker_handlers
    from apache_beam.runners.worker import worker_pool_main

    modules = (local_job_service, worker_handlers, worker_pool_main)
    before = [module.grpc for module in modules]
    for module, grpc in zip(modules, before, strict=True):
        module.grpc = _Loopback(grpc)
    try:
        yield
    finally:
        for module, grpc in zip(modules, before, strict=True):
            module.grpc = grpc


class _Loopback:
    """The module `grpc`, but for where its servers listen."""

    def __init__(self, grpc: Any) -> None:
        self._grpc = grpc

    def __getattr__(self, name: str) -> Any:
        return getattr(self._grpc, name)

    def server(self, *args: Any, **kwargs: Any) -> Any:
        """Returns a server that listens on loopback where it is told everywhere."""
        server = self._grpc.server(*args, **kwargs)
        add = server.add_insecure_port

        def add_on_loopback(address: str) -> Any:
            return add(address.replace(_EVERYWHERE, "localhost:"))

        server.add_insecure_port = add_on_loopback
        return server
