"""A user module that must not be imported before a fork."""

from __future__ import annotations

import threading

threading.Thread(target=threading.Event().wait, daemon=True).start()
