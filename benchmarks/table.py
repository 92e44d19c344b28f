"""Prints rows of ratios beside their targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .measure import Timing

PEERS = ("thriftpy2", "thrift", "msgspec")


@dataclass
class Table:
    """The rows of a run. A ratio above 1 is how many times faster fastthrift is; below 1 it is slower."""

    rows: int = 0
    peers: tuple[str, ...] = PEERS
    misses: list[str] = field(default_factory=list)

    def head(self, title: str, peers: tuple[str, ...] = PEERS) -> None:
        self.peers = peers
        print(f"\n{title:34}{'ours':>10}{'spread':>8}" + "".join(f"{peer:>16}" for peer in peers), flush=True)

    def row(self, name: str, timing: Timing, targets: Mapping[str, float]) -> None:
        cells = []
        for peer in self.peers:
            if peer not in timing.best:
                cells.append(f"{'-':>16}")
                continue
            ratio, target = timing.ratio(peer), targets.get(peer)
            cells.append(f"{f'{short(ratio)}x' + self._verdict(name, peer, ratio, target):>16}")
        print(f"{name:34}{duration(timing.best['fastthrift']):>10}{timing.spread:>8.0%}" + "".join(cells), flush=True)
        self.rows += 1

    def _verdict(self, name: str, peer: str, ratio: float, target: float | None) -> str:
        if target is None:
            return ""
        if ratio >= target:
            return f" >={target:g}"
        self.misses.append(f"{name}: {short(ratio)}x {peer}, target {target:g}x")
        return f" MISS {target:g}"

    def end(self) -> None:
        print(f"\n{self.rows} rows, {len(self.misses)} targets missed", flush=True)
        for miss in self.misses:
            print(f"  {miss}", flush=True)


def short(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 20 else f"{ratio:.1f}" if ratio >= 3 else f"{ratio:.2f}"


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
