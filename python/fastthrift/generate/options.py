"""``--gen py:slots,enum``: the languages and their options. One table each; the help is written from them."""

from __future__ import annotations

import codecs
import dataclasses


class UsageError(Exception):
    """A command line that cannot be followed. `status` is the exit status that Apache's compiler gives."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Option:
    name: str
    help: str
    takes_value: bool = False
    warning: str = ""  # accepted without effect
    refusal: str = ""  # known, and not offered


_ALWAYS = "the {} py option is not needed: generated code always does so"

PY_OPTIONS = (
    Option("enum", "Enums become enum.IntEnum; fields are read as its members."),
    Option("type_hints", "Needs enum, as in Apache's compiler. The code has type hints with or without it."),
    Option("slots", "Accepted: the structs have slots with or without it."),
    Option("dynamic", "Accepted: the structs have no code of their own with or without it."),
    Option("dynbase", "Accepted without effect, like the next four.", takes_value=True),
    Option("dynfrozen", "", takes_value=True),
    Option("dynexc", "", takes_value=True),
    Option("dynfrozenexc", "", takes_value=True),
    Option("dynimport", "", takes_value=True),
    Option("package_prefix", "Put before the names of included packages, e.g. package_prefix=top.", takes_value=True),
    Option("coding", "The coding declaration of the files, e.g. coding=utf-8.", takes_value=True),
    Option("no_utf8strings", "The specs of strings say None instead of 'UTF8'."),
    Option("utf8strings", "", warning=_ALWAYS.format("utf8strings")),
    Option("new_style", "", warning=_ALWAYS.format("new_style")),
    Option("old_style", "", warning="the old_style py option means nothing in Python 3"),
    Option("twisted", "", refusal="code for Twisted is not offered; fastthrift.contrib.aio serves asyncio"),
    Option("tornado", "", refusal="code for Tornado is not offered; fastthrift.contrib.aio serves asyncio"),
    Option("zope.interface", "", refusal="interfaces of zope are not offered; Iface is an ordinary class"),
)
LANGUAGES: dict[str, tuple[str, tuple[Option, ...]]] = {
    "py": ("Python: structs, services, constants and a command line for each service", PY_OPTIONS),
    "pyi": ("Type stubs for the module that fastthrift.load makes of the file", ()),
    "json": ("The file's definitions as JSON", ()),
}


@dataclasses.dataclass(frozen=True)
class Generation:
    """One ``--gen``."""

    language: str
    text: str  # as it was given
    values: dict[str, str]
    warnings: tuple[str, ...] = ()

    def __contains__(self, option: str) -> bool:
        return option in self.values


def parsed(text: str) -> Generation:
    """``language[:option[=value][,option...]]``. Unknown languages are the caller's to refuse."""
    language, _, rest = text.partition(":")
    if language not in LANGUAGES:
        raise UsageError(f'Unable to get a generator for "{language}".', 3)
    known = {option.name: option for option in LANGUAGES[language][1]}
    values = {}
    warnings = []
    for each in filter(None, rest.split(",")):
        name, _, value = each.partition("=")
        option = known.get(name)
        if option is None:
            raise UsageError(f"unknown option {language}:{name}")
        if option.refusal:
            raise UsageError(f"{language}:{name}: {option.refusal}")
        if option.takes_value and not value:
            raise UsageError(f"option {language}:{name} needs a value: {name}=...")
        if option.warning:
            warnings.append(option.warning)
        values[name] = value
    if "type_hints" in values and "enum" not in values:
        raise UsageError("the type_hints py option requires the enum py option")
    _check_values(values)
    return Generation(language, text, values, tuple(warnings))


def _check_values(values: dict[str, str]) -> None:
    """They go into the generated code, so they must be what they seem to be."""
    prefix = values.get("package_prefix", "")
    if not all(part.isidentifier() for part in prefix.rstrip(".").split(".") if prefix):
        raise UsageError(f"package_prefix={prefix}: that is no name of a package")
    coding = values.get("coding", "utf-8")
    try:
        is_utf8 = codecs.lookup(coding).name == "utf-8"
    except (LookupError, ValueError):
        is_utf8 = False
    if not is_utf8:
        raise UsageError(f"coding={coding}: generated code is written in utf-8")
