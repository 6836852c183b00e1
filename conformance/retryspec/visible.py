"""Text from elsewhere, fit to be shown: what cannot be seen, or would command a terminal, is shown by its number."""

import unicodedata

__all__ = ["visible"]

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Control and direction characters, halves of characters, and separators of lines, by their Unicode category."""


def visible(text: object, *, kept: str = "\n\t") -> str:
    """A text in which every character that is not seen is written as its number, but for those that are kept."""
    return "".join(
        f"\\u{ord(each):04x}" if each not in kept and unicodedata.category(each) in _UNSEEN else each
        for each in str(text)
    )
