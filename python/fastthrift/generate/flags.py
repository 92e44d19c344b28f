"""The command line of Apache's compiler: its flags, with one dash or two, and one input file at the end."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from .options import Generation, UsageError, parsed


@dataclasses.dataclass(frozen=True)
class Flag:
    names: tuple[str, ...]
    help: str
    value: str = ""  # what it takes
    refusal: str = ""


FLAGS = (
    Flag(("gen",), "Generate code for a language, e.g. --gen py or --gen py:enum. May be given more than once.", "STR"),
    Flag(("r", "recurse"), "Also generate the included files."),
    Flag(("o",), "Put gen-py (gen-pyi, gen-json) into this folder, which must exist. Default: here.", "DIR"),
    Flag(("out",), "Put the files into this folder itself, without gen-py.", "DIR"),
    Flag(("I",), "Look for included files here too. May be given more than once.", "DIR"),
    Flag(("nowarn",), "Print no warnings."),
    Flag(("strict",), "Included files that are missing and fields without an id are errors."),
    Flag(("v", "verbose"), "Say which files are read and written."),
    Flag(("debug",), "Accepted without effect."),
    Flag(("allow-neg-keys",), "Keep negative field ids as they are written."),
    Flag(("allow-64bit-consts",), "Do not warn about constants that need 64 bits."),
    Flag(("version",), "Print the version."),
    Flag(("help",), "Print this."),
    Flag(("audit",), "", "FILE", refusal="--audit is not offered"),
    Flag(("audit-nofatal",), "", refusal="--audit is not offered"),
    Flag(("Iold",), "", "DIR", refusal="--audit is not offered"),
    Flag(("Inew",), "", "DIR", refusal="--audit is not offered"),
)
_BY_NAME = {name: flag for flag in FLAGS for name in flag.names}


class NotOffered(UsageError):
    """Another compiler may have it: a language or flag of Apache's that is not offered here."""


@dataclasses.dataclass
class Command:
    """What a command line asks for."""

    source: str = ""
    generations: list[Generation] = dataclasses.field(default_factory=list)
    include_dirs: list[str] = dataclasses.field(default_factory=list)
    folder: str = "."
    is_folder_exact: bool = False  # no gen-py level
    given: set[str] = dataclasses.field(default_factory=set)  # first names of the flags

    def __contains__(self, flag: str) -> bool:
        return flag in self.given


def parse(arguments: Sequence[str]) -> Command:
    """Raises UsageError. With help or version nothing else is looked at."""
    words = _words(arguments)
    command = Command()
    if words and _flag_name(words[-1]) in ("help", "version"):
        command.given.add(_flag_name(words[-1]))
        return command
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if not word.startswith("-"):
            if at != len(words):
                raise UsageError(f"There is one input file, the last argument; {word} stands before {words[at]}")
            command.source = word
            break
        flag = _BY_NAME.get(_flag_name(word))
        if flag is None:
            raise UsageError(f"Unrecognized option: {word}")
        if flag.refusal:
            raise NotOffered(flag.refusal)
        value = ""
        if flag.value:
            if at == len(words):
                raise UsageError(f"Missing {flag.value} behind {word}")
            value = words[at]
            at += 1
        _take(command, flag.names[0], value)
    if command.given & {"help", "version"}:
        return command
    if not command.source:
        raise UsageError("Missing input file")
    if not command.generations:
        raise UsageError("No output language(s) specified")
    return command


def _words(arguments: Sequence[str]) -> list[str]:
    """Apache's compiler splits a quoted argument such as "-r -strict" at its blanks. A form with = is ours."""
    words = []
    for each in arguments:
        for part in each.split() if each.startswith("-") and len(each.split()) > 1 else [each]:
            name, equals, value = part.partition("=")
            is_ours = equals and name.startswith("-") and getattr(_BY_NAME.get(_flag_name(name)), "value", "")
            words += [name, value] if is_ours else [part]
    return words


def _flag_name(word: str) -> str:
    return word[2:] if word.startswith("--") else word[1:] if word.startswith("-") else ""


def _take(command: Command, name: str, value: str) -> None:
    if name == "gen":
        try:
            command.generations.append(parsed(value))
        except UsageError as error:
            if error.status == 3:
                raise NotOffered(str(error), 3) from None
            raise
    elif name == "I":
        command.include_dirs.append(value)
    elif name in ("o", "out"):
        command.folder = value
        command.is_folder_exact = name == "out"
    else:
        command.given.add(name)
