"""The commands `fastthrift` and `thrift`."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Optional

from ..version import VERSION
from . import flags, handover
from .help import help_text
from .json_schema import add_json
from .layout import add_python
from .model import Program
from .notices import IdlError, Notices
from .options import LANGUAGES, Generation, UsageError
from .output import Output, OutputError, unusable
from .source import Sources
from .stubs import add_stubs

MAX_RECURSION = 5_000  # values may be nested 256 deep, and so may includes


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """`fastthrift`. Gives the exit status."""
    return _run("fastthrift", sys.argv[1:] if arguments is None else arguments)


def thrift_main() -> int:
    """`thrift`, so that tutorials run as they are typed. Languages that are not offered go to another `thrift`."""
    arguments = sys.argv[1:]
    try:
        flags.parse(arguments)
    except flags.NotOffered:
        compiler = handover.other_compiler(sys.argv[0])
        if compiler is not None:
            return handover.hand_over(compiler, arguments)
    except UsageError:
        pass
    return _run("thrift", arguments)


def _run(name: str, arguments: Sequence[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr does: a path may hold anything
    try:
        command = flags.parse(arguments)
        if "version" in command:
            print(f"Thrift version {VERSION} (fastthrift)")
            return 0
        if "help" in command:
            print(help_text(name), end="", file=sys.stderr)
            return 1
        return _compile(name, command)
    except flags.NotOffered as error:
        print(f"{name}: {error}", file=sys.stderr)
        print(f"{name}: the languages are {', '.join(LANGUAGES)}; see {name} --help", file=sys.stderr)
        return error.status
    except UsageError as error:
        print(f"{name}: {error}", file=sys.stderr)
        print(f"Usage: {name} [options] file; see {name} --help", file=sys.stderr)
        return error.status
    except (IdlError, OutputError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _compile(name: str, command: flags.Command) -> int:
    problem = unusable(command.folder)
    if problem:
        print(f"{name}: {problem}", file=sys.stderr)
        return 255
    sys.setrecursionlimit(max(MAX_RECURSION, sys.getrecursionlimit()))
    notices = Notices("strict" in command, "allow-neg-keys" in command, "allow-64bit-consts" in command)
    outputs: list[Output] = []
    try:
        program = Sources(command.include_dirs, notices).program(command.source)
        outputs += [_generated(program, command, generation) for generation in command.generations]
    finally:
        if "nowarn" not in command:
            own = [f"{name}: warning: {text}" for each in command.generations for text in each.warnings]
            own += [text for output in outputs for text in output.warnings]
            print("".join(f"{line}\n" for line in [*notices.lines, *own]), end="")
    if "v" in command:
        print("".join(f"read {each.path}\n" for each in program.everything()), end="")
    for output in outputs:
        written = output.write()
        if "v" in command:
            print("".join(f"wrote {path}\n" for path in written), end="")
    return 0


def _generated(program: Program, command: flags.Command, generation: Generation) -> Output:
    own_folder = "" if command.is_folder_exact else f"gen-{generation.language}"
    output = Output(os.path.join(command.folder, own_folder), not command.is_folder_exact)
    add = {"py": add_python, "pyi": add_stubs, "json": add_json}[generation.language]
    add(program, "r" in command, generation, output)
    return output
