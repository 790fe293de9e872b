"""Ours and what is written by hand, in turns: what else the machine does in the meantime falls on both."""

import time
from collections.abc import Callable
from statistics import median

AIM = 3


def compared(ours: Callable[[], object], by_hand: Callable[[], object], rounds: int) -> str:
    """The median of each, in milliseconds, and the median of the ratios of all turns.

    Not the best of one side against the best of the other: they may come from moments in which the machine was not the
    same, and then their ratio differs by a third from one run to the next.
    """
    turns = [(seconds(ours), seconds(by_hand)) for _ in range(rounds)]
    mine, theirs = (median(side) * 1000 for side in zip(*turns, strict=True))
    ratio = median(one / other for one, other in turns)
    return f"{mine:.0f} ms, hand-written {theirs:.0f} ms, ratio {ratio:.1f}, aim {AIM} or better"


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
