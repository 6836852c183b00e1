"""Steps in a random order, for checks of what a series of calls makes of a server."""

import random
from collections.abc import Callable, Sequence

__all__ = ["take_steps"]


def take_steps(
    chance: random.Random, kinds: Sequence[Callable[[], None]], *, each: int, goes_on: Callable[[], object]
) -> None:
    """Take each kind of step some times, in an order drawn at random, as long as there is something left to do.

    Args:
        chance: what draws; the same seed gives the same order.
        kinds: the kinds of steps.
        each: how often each kind comes.
        goes_on: says whether a further step makes sense.
    """
    steps = [*kinds] * each
    chance.shuffle(steps)
    for step in steps:
        if not goes_on():
            return
        step()
