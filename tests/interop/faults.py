"""Which steps fail in which cells, and why: what the run has to find, no more and no less."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from .cells import Cell


class Fault(NamedTuple):
    peer: str
    cells: str  # a pattern of "DIRECTION CLIENT-STACK>SERVER-STACK"
    steps: str  # a pattern of step names
    reason: str
    face: str = ""  # "" is each of our APIs

    def concerns(self, cell: Cell) -> bool:
        return (
            cell.peer == self.peer
            and self.face in ("", cell.face)
            and bool(re.fullmatch(self.cells, f"{cell.direction} {cell.client}>{cell.server}"))
        )


def _cases(*names: str, how: str = "sent|described|echoed") -> str:
    return f"({how}):({'|'.join(names)})"


FAULTS: list[Fault] = [
    Fault("cpp", "client .*/http/.*", "notes", "its HTTP client never reads the answer to a oneway: the next call finds it"),
    Fault("cpp", "client json/.*", _cases("nul_character", how="echoed"), "JSON: it drops NUL from strings that it reads"),
    Fault("cpp", "server json/.*", _cases("nul_character", how="described|echoed"),
          "JSON: it drops NUL from strings that it reads"),
    Fault("cpp", "server .*/mux>.*", "nobody", "an unknown service is answered with another error, then the connection is closed"),
    Fault("cpp", "server (?!.*/http/).*/mux>.*", "after_nobody", "an unknown service is answered with another error, then the connection is closed"),
    Fault("go", "server .*/mux>.*", "nobody", "an unknown service is not answered, the connection is closed"),
    Fault("java", "client (binary|compact)/.*", "describe_uuid",
          "uuid is written with its halves swapped (binary) or backwards (compact), THRIFT-5925, up to 0.22"),
    Fault("java", "server (binary|compact)/.*", "describe_uuid",
          "uuid is written with its halves swapped (binary) or backwards (compact), THRIFT-5925, up to 0.22"),
    Fault("java", "client .*", _cases("unknown_enum"), "enum numbers that it does not know are lost"),
    Fault("java", "server .*", _cases("unknown_enum", how="described|echoed"), "enum numbers that it does not know are lost"),
    Fault("java", "server .*/mux>.*", "nobody", "an unknown service is not answered, the connection is closed"),
    Fault("node", ".*", _cases("negative_zero", how="echoed"), "-0.0 is written as 0.0"),
    Fault("node", "client .*", _cases("negative_zero", how="described"), "-0.0 is written as 0.0"),
    Fault("node", "client .*", _cases("map_of_i64"), "i64 keys of maps are read as numbers of hexadecimal digits"),
    Fault("node", "server .*", _cases("map_of_i64", how="described|echoed"),
          "i64 keys of maps are read as numbers of hexadecimal digits"),
    Fault("node", ".*", _cases("map_of_bool", how="echoed"), "the key false is written as true"),
    Fault("node", "client .*", _cases("map_of_bool", how="described"), "the key false is written as true"),
    Fault("node", "client .*", _cases("map_of_struct"), "struct keys of maps become text"),
    Fault("node", "server .*", _cases("map_of_struct", how="described|echoed"), "struct keys of maps become text"),
    Fault("node", "client (compact|header-compact)/.*", _cases("bools", "long_list", how="echoed"),
          "compact: bools in lists are all read as false"),
    Fault("node", "server (compact|header-compact)/.*", _cases("bools", "long_list", how="described|echoed"),
          "compact: bools in lists are all read as false"),
    Fault("node", "server (compact|header-compact)/.*", _cases("map_of_bool", how="described"),
          "compact: bools in lists are all read as false"),
    Fault("node", "client json/.*", _cases("rows", how="echoed"), "JSON: lists in lists lose their items"),
    Fault("node", "server json/.*", _cases("rows", how="described|echoed"), "JSON: lists in lists lose their items"),
    Fault("node", "server .*", "unheard_of", "TApplicationException is written without its type"),
    Fault("node", "server .*/mux>.*", "nobody", "an unknown service is not answered, the connection is closed"),
    Fault("rust", "server .*", "after_unheard_of", "the arguments of an unknown method are not skipped"),
    Fault("rust", "server .*/mux>.*", "nobody", "an unknown service is answered with another error, and the arguments are not skipped"),
    Fault("rust", "server .*/mux>.*", "after_nobody", "an unknown service is answered with another error, and the arguments are not skipped"),
    Fault("thriftpy2", "server .*", "fail", "what a handler raises undeclared is not answered, the connection is closed"),
    Fault("thriftpy2", "server .*/mux>.*", "unheard_of", "an unknown method is not answered where services are multiplexed"),
    Fault("apache", "server .*/mux>.*", "nobody", "an unknown service is not answered, the connection is closed"),
    Fault("apache", "server json/zlib/.*", _cases("control_characters", "nul_character", how="described"),
          "JSON over zlib: it garbles control characters that it reads in two pieces"),
]  # fmt: skip


@functools.cache
def faults_of(cell: Cell) -> list[Fault]:
    return [fault for fault in FAULTS if fault.concerns(cell)]
