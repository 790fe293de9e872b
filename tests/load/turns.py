"""Ours and what is written by hand, in turns: what else the machine does in the meantime falls on both."""

import time
from collections.abc import Callable

AIM = 3


def compared(ours: Callable[[], object], by_hand: Callable[[], object], rounds: int) -> str:
    """The best of each, in milliseconds, and the ratio."""
    best = {ours: 99.0, by_hand: 99.0}
    for _ in range(rounds):
        for run in best:
            began = time.perf_counter()
            run()
            best[run] = min(best[run], time.perf_counter() - began)
    mine, theirs = (best[run] * 1000 for run in (ours, by_hand))
    return f"{mine:.0f} ms, hand-written {theirs:.0f} ms, ratio {mine / theirs:.1f}, aim {AIM} or better"
