"""Interleaved measuring: every round times every library once, and the shortest round counts.

Time is the CPU time of the measuring thread, so neighbours on the machine move it little. The spread, (median - min) / min of
ours, says how far to trust a row.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

clock = time.thread_time


@dataclass(frozen=True)
class Effort:
    rounds: int
    seconds: float  # that one sample should take

    @classmethod
    def of(cls, quick: bool) -> Effort:
        return cls(5, 0.01) if quick else cls(9, 0.05)


@dataclass
class Timing:
    """Seconds of one run, by library."""

    best: dict[str, float] = field(default_factory=dict)
    spread: float = 0.0

    def ratio(self, peer: str, ours: str = "fastthrift") -> float:
        """How many times the peer's time is ours."""
        return self.best[peer] / self.best[ours]


def interleaved(runs: Mapping[str, Callable[[], object]], effort: Effort) -> Timing:
    loops = {name: _loops(run, effort.seconds) for name, run in runs.items()}
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(effort.rounds):
        for name, run in runs.items():
            samples[name].append(_sample(run, loops[name]))
    first = samples[next(iter(runs))]
    return Timing({name: min(times) for name, times in samples.items()}, statistics.median(first) / min(first) - 1)


def _sample(run: Callable[[], object], loops: int) -> float:
    gc.collect()
    counted = range(loops)
    start = clock()
    for _ in counted:
        run()
    return (clock() - start) / loops


def _loops(run: Callable[[], object], seconds: float) -> int:
    """How often to run within one sample; the first run, which warms caches, is not counted."""
    run()
    loops = 1
    while True:
        start = clock()
        for _ in range(loops):
            run()
        taken = clock() - start
        if taken >= seconds / 4 or loops >= 1 << 22:
            return max(1, round(loops * seconds / max(taken, 1e-9)))
        loops *= 4
