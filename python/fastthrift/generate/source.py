"""Reads an IDL file and all that it includes."""

from __future__ import annotations

import os
from collections.abc import Sequence

from .. import _core
from ..parser.exc import ThriftParserError
from .model import Program
from .notices import IdlError, Notices
from .resolve import Resolver

MAX_INCLUDE_DEPTH = 256


def _name_of(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


class Sources:
    """The files of one run; each is read once, however often it is included."""

    def __init__(self, include_dirs: Sequence[str], notices: Notices) -> None:
        self._include_dirs = list(include_dirs)
        self._notices = notices
        self._programs: dict[str, Program] = {}  # by real path
        self._open: list[str] = []  # real paths, the root first

    def program(self, path: str) -> Program:
        real = os.path.realpath(path)
        if real in self._programs:
            return self._programs[real]
        document = self._parse(path)
        program = Program(path, _name_of(path), document.doc)
        self._open.append(real)
        try:
            for written, line, column in document.includes:
                found = self._found(path, written)
                if found is None:
                    text = f"Could not find include file {written}"
                    if self._notices.strict:
                        raise IdlError(path, (line, column), text)
                    self._notices.warn(path, (line, column), text)
                    program.missing.add(_name_of(written))
                    continue
                if os.path.realpath(found) in self._open:
                    raise IdlError(path, (line, column), f'Recursion detected, file: "{written}"')
                if len(self._open) >= MAX_INCLUDE_DEPTH:
                    raise IdlError(path, (line, column), f"More than {MAX_INCLUDE_DEPTH} files include each other")
                included = self.program(found)
                if included not in program.includes:
                    program.includes.append(included)
        finally:
            self._open.pop()
        Resolver(program, document, self._notices).resolve()
        self._programs[real] = program
        return program

    def _found(self, parent: str, written: str) -> str | None:
        """Where the including file is, then the folders of -I; an absolute path stands for itself."""
        folders = [os.path.dirname(parent), *self._include_dirs]
        candidates = (os.path.join(folder, written) for folder in folders)
        return next((each for each in candidates if os.path.isfile(each)), None)

    @staticmethod
    def _parse(path: str) -> _core.IdlDocument:
        try:
            with open(path, "rb") as file:
                text = file.read()
        except OSError as error:
            raise IdlError(path, (0, 0), f"Could not open input file: {error.strerror}") from None
        try:
            return _core.parse_idl(text, path, [], True)
        except ThriftParserError as error:
            problem = str(error.args[0]) + (f": {error.hint}" if error.hint else "")
            raise IdlError(path, (error.lineno or 0, error.column or 0), problem) from None
