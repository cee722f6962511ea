"""The user's code on its way to other hosts: one archive on the shared storage."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from tuner_component.engines.storage.objects import Storage
from tuner_component.errors import EngineError

_SUFFIX = ".py"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def share(storage: Storage, folder: str) -> str:
    """Puts the Python files of a folder on the storage; returns the object's name.

    Packages below the folder go with it. The same files have the same name.

    Args:
        storage: Shared with the workers.
        folder: Of this host.

    Raises:
        EngineError: If the storage cannot be written to.
    """
    data = _archive(Path(folder))
    name = f"code/{hashlib.sha256(data).hexdigest()[:16]}.zip"
    try:
        storage.write(name, data)
    except OSError as error:
        raise EngineError(
            f"The user's code cannot be written to {storage.root}: {error}. Expected a "
            "folder that this step can write to; choose it with "
            "Search(study_dir=...)."
        ) from error
    return name


def unpack(data: bytes, folder: Path) -> None:
    """Unpacks an archive below a folder.

    Raises:
        EngineError: If it is none, or a name in it leads out of the folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                _check(name)
            archive.extractall(folder)
    except zipfile.BadZipFile as error:
        raise EngineError(f"The user's code on the storage is damaged: {error}.") from (
            error
        )


def read(storage: Storage, name: str) -> bytes:
    """Returns the archive of this name.

    Raises:
        EngineError: If the name is no archive's.
        OSError: If the storage fails.
    """
    parts = PurePosixPath(name).parts
    if len(parts) != 2 or parts[0] != "code" or parts[1] in ("", ".", ".."):
        raise EngineError(
            f"The setup names {name!r} as the user's code; expected code/<hash>.zip."
        )
    return storage.read(name)


def _archive(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(_sources(folder)):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _sources(folder: Path) -> Iterable[Path]:
    """Returns the modules of a folder and of the packages in it."""
    for path in folder.iterdir():
        if path.is_file() and path.suffix == _SUFFIX:
            yield path
        elif path.is_dir() and (path / "__init__.py").is_file():
            yield from path.rglob(f"*{_SUFFIX}")


def _check(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise EngineError(
            f"The archive of the user's code holds {name!r}; expected names below its "
            "folder."
        )
