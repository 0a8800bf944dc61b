"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable

_CLOSE_ENOUGH = 0.7  # of difflib's ratio: `metdata` and `metadata` are close, `name` and `kind` are not


def closest(name: str, candidates: Iterable[str]) -> str:
    """Give the candidate that was probably meant, or an empty string."""
    import difflib  # slow to import, and only wanted where something is wrong already

    folded = {candidate.lower(): candidate for candidate in sorted(candidates)}
    match = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=_CLOSE_ENOUGH)
    return folded[match[0]] if match else ""
