"""Shared storage: small objects that are there whole or not at all.

Nothing here locks, appends or compares and swaps: an object store can do none of it.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import secrets
from pathlib import Path
from typing import Protocol

from tuner_component.gfile_store import files, is_remote

_OBJECT_STORES = ("gs://", "s3://")
UNFINISHED = "unfinished"


class Storage(Protocol):
    """Named objects below a folder. Threads may share it; failures are `OSError`."""

    @property
    def root(self) -> str:
        """The folder; may have a scheme."""

    def list(self, folder: str) -> list[str]:
        """Returns the names in a folder, in any order; none if there is no folder."""

    def read(self, name: str) -> bytes:
        """Returns an object.

        Raises:
            FileNotFoundError: If there is none of this name.
        """

    def write(self, name: str, data: bytes) -> None:
        """Makes an object: nobody ever sees a part of it."""

    def delete(self, name: str) -> None:
        """Deletes an object; nothing if it is gone."""


def open_storage(root: str) -> Storage:
    """Returns the storage at a folder, which may have a scheme: `gs://bucket/study`.

    Raises:
        ValueError: If there is no root, or nothing here knows its scheme.
    """
    if not root.strip("/ "):
        raise ValueError(f"root={root!r}: expected a folder that all hosts share.")
    if not is_remote(root):
        return LocalStorage(root)
    with files() as gfile:
        schemes = sorted(filter(None, gfile.get_registered_schemes()))
    if root.partition("://")[0] not in schemes:
        raise ValueError(
            f"root={root!r}: TensorFlow has no file system for it here, only for "
            f"{', '.join(schemes)}. Install the one that it needs, or mount the "
            "folder."
        )
    return RemoteStorage(root)


def exists(path: str) -> bool:
    """Whether this host sees a file or folder, which may have a scheme."""
    if not is_remote(path):
        return Path(path).exists()
    try:
        with files() as gfile:
            return bool(gfile.exists(path))
    except OSError:
        return False


class LocalStorage:
    """Files of a local or network file system."""

    def __init__(self, root: str) -> None:
        self._root = Path(root).absolute()

    @property
    def root(self) -> str:
        """See `Storage.root`."""
        return str(self._root)

    def list(self, folder: str) -> list[str]:
        """See `Storage.list`."""
        try:
            return os.listdir(self._root / folder)  # noqa: PTH208 - names only
        except FileNotFoundError:
            return []

    def read(self, name: str) -> bytes:
        """See `Storage.read`."""
        return (self._root / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """See `Storage.write`."""
        try:
            self._write(name, data)
        except FileNotFoundError:
            (self._root / UNFINISHED).mkdir(parents=True, exist_ok=True)
            (self._root / name).parent.mkdir(parents=True, exist_ok=True)
            self._write(name, data)

    def delete(self, name: str) -> None:
        """See `Storage.delete`."""
        (self._root / name).unlink(missing_ok=True)

    def _write(self, name: str, data: bytes) -> None:
        unfinished = self._root / UNFINISHED / secrets.token_hex(8)
        try:
            unfinished.write_bytes(data)
            unfinished.replace(self._root / name)
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise


class RemoteStorage:
    """Objects of a file system with a scheme, through TensorFlow.

    An object store shows an object when all of it is there. Other file systems get
    it under another name first, and rename it.
    """

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")
        self._puts = root.startswith(_OBJECT_STORES)

    @property
    def root(self) -> str:
        """See `Storage.root`."""
        return self._root

    def list(self, folder: str) -> list[str]:
        """See `Storage.list`."""
        try:
            with files() as gfile:
                names = gfile.listdir(self._path(folder))
        except FileNotFoundError:
            return []
        # Object stores list a folder as "name/", and some the folder itself as "".
        return [name.rstrip("/") for name in names if name.rstrip("/")]

    def read(self, name: str) -> bytes:
        """See `Storage.read`."""
        with files() as gfile, gfile.GFile(self._path(name), "rb") as file:
            return bytes(file.read())

    def write(self, name: str, data: bytes) -> None:
        """See `Storage.write`."""
        if self._puts:
            self._put(name, data)
            return
        unfinished = f"{UNFINISHED}/{secrets.token_hex(8)}"
        try:
            self._put_and_rename(unfinished, name, data)
        except FileNotFoundError:
            with files() as gfile:
                gfile.makedirs(self._path(UNFINISHED))
                gfile.makedirs(posixpath.dirname(self._path(name)))
            self._put_and_rename(unfinished, name, data)

    def delete(self, name: str) -> None:
        """See `Storage.delete`."""
        with contextlib.suppress(FileNotFoundError), files() as gfile:
            gfile.remove(self._path(name))

    def _put(self, name: str, data: bytes) -> None:
        with files() as gfile, gfile.GFile(self._path(name), "wb") as file:
            file.write(data)

    def _put_and_rename(self, unfinished: str, name: str, data: bytes) -> None:
        try:
            self._put(unfinished, data)
            with files() as gfile:
                gfile.rename(self._path(unfinished), self._path(name), overwrite=True)
        except OSError:
            with contextlib.suppress(OSError):
                self.delete(unfinished)
            raise

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"
