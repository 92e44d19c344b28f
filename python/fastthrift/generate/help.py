"""What ``fastthrift --help`` prints, written from the tables of flags and options."""

from __future__ import annotations

import textwrap

from .flags import FLAGS
from .options import LANGUAGES

EXAMPLES = """\
Examples:
  {program} -r --gen py tutorial.thrift          writes gen-py/tutorial/ and the packages of its includes
  {program} --gen py:enum -out src/rpc x.thrift  enums as IntEnum; into src/rpc, without gen-py
  {program} --gen pyi x.thrift                   gen-pyi/x_thrift.pyi, for fastthrift.load("x.thrift")
  {program} --gen json -I ../idl x.thrift        gen-json/x.json

Exit status: 0 done (with or without warnings), 1 an error in the IDL or on the command line, 3 a language that is not
offered, 255 an output folder that is not there. Nothing is written unless all is well.
"""


def help_text(program: str) -> str:
    lines = [f"Usage: {program} [options] file", "", "Generates code from a Thrift IDL file, natively.", "", "Options:"]
    for flag in FLAGS:
        if flag.help:
            dashes = ", ".join(f"-{name}" if len(name) == 1 else f"--{name}" for name in flag.names)
            lines += _row(2, f"{dashes} {flag.value}".rstrip(), flag.help)
    lines += ["", "One dash or two are equal. The file is the last argument.", "", "Languages and their options:"]
    for language, (what, options) in LANGUAGES.items():
        lines += _row(2, language, what)
        for option in options:
            text = option.help or option.warning or option.refusal
            lines += _row(4, option.name + ("=" if option.takes_value else ""), text)
    return "\n".join(lines) + "\n\n" + EXAMPLES.format(program=program)


def _row(indent: int, name: str, text: str) -> list[str]:
    head = " " * indent + name
    body = textwrap.wrap(text, 90)
    first = head.ljust(24) + body[0] if body and len(head) < 24 else head
    return [first, *(" " * 24 + each for each in (body[1:] if first is not head else body))]
