"""From probability to American odds."""

import math

LOWEST_CHANCE = 0.04
"""Beyond this, and its opposite, a book quotes no longer odds; with its margin it stays below certainty."""
FINE_BELOW = 250
MEDIUM_BELOW = 1_000
MEDIUM_STEP = 10
COARSE_STEP = 50
"""Books round long odds more coarsely than short ones."""


def chance_above(line: float, mean: float, sd: float) -> float:
    """Probability that a normally distributed result comes out above a line."""
    return 0.5 * math.erfc((line - mean) / (sd * math.sqrt(2)))


def price(chance: float, margin: float, step: int) -> float:
    """What a book quotes.

    The margin is added to both sides in equal parts, so long shots bear relatively more of it, as
    they do at real books.

    Args:
        chance: fair probability.
        margin: by how much the two sides' implied probabilities exceed 1.
        step: what short odds are rounded to.

    Returns:
        American odds, at least 100 away from 0.
    """
    implied = min(max(chance, LOWEST_CHANCE), 1 - LOWEST_CHANCE) + margin / 2
    if implied >= 0.5:
        return -_rounded(100 * implied / (1 - implied), step)
    return _rounded(100 * (1 - implied) / implied, step)


def _rounded(size: float, step: int) -> float:
    if size >= FINE_BELOW:
        step = MEDIUM_STEP if size < MEDIUM_BELOW else COARSE_STEP
    return max(100.0, float(step * round(size / step)))
