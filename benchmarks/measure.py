"""Compares two tasks in turn, A B A B …, by CPU time of the process and its children."""

import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

ROUNDS = 5


def cpu_seconds(act: Callable[[], object]) -> float:
    before = _cpu()
    act()
    return _cpu() - before


def wall_seconds(act: Callable[[], object]) -> float:
    """For work of a database server, whose CPU time is not this process's."""
    before = time.perf_counter()
    act()
    return time.perf_counter() - before


def _cpu() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


@dataclass(frozen=True)
class Result:
    """``figure`` is the median of ours / theirs, with the range over the rounds."""

    id: str
    what: str
    goal: str
    figure: float
    low: float
    high: float
    ours: float  # microseconds per item
    theirs: float

    def row(self) -> str:
        return (
            f"| {self.id} | {self.what} | {self.goal} | **{self.figure:.2f}** "
            f"({self.low:.2f} to {self.high:.2f}) | {self.ours:.0f} / {self.theirs:.0f} µs |"
        )

    def as_dict(self) -> dict:
        return asdict(self)


def compare(
    id: str,
    what: str,
    goal: str,
    items: int,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    prepare: Callable[[], object] = lambda: None,
    times: int = 1,
    clock: Callable[[Callable[[], object]], float] = cpu_seconds,
) -> Result:
    """Alternate ``theirs`` and ``ours``, each after ``prepare``. Return the ratio of CPU times.

    A fast task runs ``times`` times in a round. ``clock`` measures its cost.
    """
    pairs = []
    for _ in range(ROUNDS):
        prepare()
        slow = clock(lambda: [theirs() for _ in range(times)])
        prepare()
        pairs.append((clock(lambda: [ours() for _ in range(times)]), slow))
    ratios = [mine / other for mine, other in pairs]
    return Result(
        id,
        what,
        goal,
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        statistics.median(mine for mine, _ in pairs) / items / times * 1e6,
        statistics.median(other for _, other in pairs) / items / times * 1e6,
    )
