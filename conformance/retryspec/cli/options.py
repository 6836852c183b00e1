"""What several commands take alike."""

from enum import StrEnum

__all__ = ["DAY", "Depth", "Format"]

# Seconds; a bound that is far off keeps out infinity.
DAY = 24 * 3600


class Depth(StrEnum):
    """How much a check run looks at."""

    quick = "quick"
    standard = "standard"
    thorough = "thorough"


class Format(StrEnum):
    """How standard output looks."""

    text = "text"
    json = "json"
