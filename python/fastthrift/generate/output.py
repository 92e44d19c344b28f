"""The files of one run. They are made in memory, and written when all of them are there."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from typing import Optional


class OutputError(Exception):
    """A file cannot be written; none has been."""


@dataclasses.dataclass(frozen=True)
class _File:
    data: bytes
    is_executable: bool = False
    only_if_absent: bool = False


class Output:
    """Files below one folder."""

    def __init__(self, folder: str, is_own_folder: bool = True) -> None:
        self.folder = folder
        self.is_own_folder = is_own_folder  # gen-py, not one that the user named
        self.warnings: list[str] = []
        self._files: dict[str, _File] = {}

    def add(self, path: str, text: str, is_executable: bool = False) -> None:
        """`path` has slashes, whatever the system's own are."""
        known = self._files.get(path)
        file = _File(text.encode("utf-8"), is_executable)
        if known is not None and not known.only_if_absent and known != file:
            raise OutputError(f"{path}: two of the input files would be written here")
        self._files[path] = file

    def add_if_absent(self, path: str) -> None:
        """An empty file, unless there is one already."""
        self._files.setdefault(path, _File(b"", only_if_absent=True))

    def write(self) -> list[str]:
        """Writes what has changed: each file beside its place first, then all are moved. Gives the paths written."""
        ready: list[tuple[str, str]] = []
        folders: list[str] = []
        try:
            for path, file in self._files.items():
                target = os.path.join(self.folder, *path.split("/"))
                if self._is_there(target, file):
                    continue
                folders += _made_folders(os.path.dirname(target) or ".")
                ready.append((_written(target, file), target))
            for temporary, target in ready:
                os.replace(temporary, target)
        except OSError as error:
            for temporary, _ in ready:
                _remove(temporary)
            for folder in reversed(folders):
                if not os.listdir(folder):
                    os.rmdir(folder)
            place = error.filename2 or error.filename
            raise OutputError(f"{place}: {error.strerror}") from error
        return [target for _, target in ready]

    @staticmethod
    def _is_there(target: str, file: _File) -> bool:
        if file.only_if_absent:
            return os.path.lexists(target)
        try:
            with open(target, "rb") as existing:
                is_same = existing.read(len(file.data) + 1) == file.data
        except FileNotFoundError:
            return False
        return is_same and (not file.is_executable or os.access(target, os.X_OK))


def _made_folders(folder: str) -> list[str]:
    """Makes a folder and what is missing above it; gives the new ones, the outermost first."""
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder) or "."
        if missing[-1] == folder:
            break
    for each in reversed(missing):
        os.mkdir(each)
    return missing[::-1]


def _written(target: str, file: _File) -> str:
    """The path of a temporary file beside the target, with everything in it."""
    if os.path.isdir(target):
        raise IsADirectoryError(21, "Is a directory", target)
    handle, temporary = tempfile.mkstemp(prefix=".fastthrift-", dir=os.path.dirname(target) or ".")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(file.data)
        os.chmod(temporary, (0o777 if file.is_executable else 0o666) & ~_umask())
    except BaseException:
        _remove(temporary)
        raise
    return temporary


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except FileNotFoundError:
        pass


def unusable(folder: str) -> Optional[str]:
    """Why a folder that was asked for cannot be written to; the texts are Apache's."""
    if not os.path.exists(folder):
        return f"Output directory {folder} is unusable: No such file or directory"
    if not os.path.isdir(folder):
        return f"Output directory {folder} exists but is not a directory"
    return None
