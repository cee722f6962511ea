"""Runs one peer: a JSON object a line in, one out. Needs nothing but the peer.

    {"start": [space, seed, num_trials]}    -> {}
    {"ask": number}                         -> {"values": {...} or null}
    {"tell": [number, loss or null]}        -> {}

Every answer has `cpu`, the CPU seconds it took; or else `error`, the last lines of the
traceback.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from typing import Any, TextIO

PACKAGE = "tests.benchmarks.peers.adapters"


class Peer:
    """Answers requests with an adapter."""

    def __init__(self, target: str) -> None:
        module, _, name = target.partition(":")
        self._adapter_class = getattr(
            importlib.import_module(f"{PACKAGE}.{module}"), name
        )
        self._adapter: Any = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Returns the answer without its CPU seconds."""
        if "start" in request:
            self._adapter = self._adapter_class(*request["start"])
            return {}
        if "ask" in request:
            return {"values": self._adapter.ask(request["ask"])}
        self._adapter.tell(*request["tell"])
        return {}


def serve(peer: Peer, answers: TextIO) -> None:
    for line in sys.stdin:
        begin = time.process_time()
        try:
            answer = peer.answer(json.loads(line))
            answer["cpu"] = time.process_time() - begin
        except Exception:  # noqa: BLE001  the benchmark reports it and goes on
            answer = {"error": traceback.format_exc()[-2000:]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    # Peers print: what they write to the standard output goes with the errors.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(Peer(sys.argv[1]), answers)


if __name__ == "__main__":
    main()
