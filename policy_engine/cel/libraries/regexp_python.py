"""Patterns that Python's `re` may run in RE2's stead: the same meaning, and no room to backtrack badly.

A call into `re` costs a third of one into RE2. A pattern qualifies when every part of it means the same in
both (ASCII classes, no flags, `$` only at the very end) and when the work for a text can be bounded: no
repetition of anything that repeats, few branches. The bound becomes the longest text that `re` is given.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from policy_engine.cel.libraries.regexp_syntax import Token

MAX_STEPS: Final = 100_000  # what backtracking may try for one text: about 2 ms
MAX_BRANCHES: Final = 256
MAX_TOKENS: Final = 500
MAX_DEPTH: Final = 20  # `re` compiles groups recursively
_SHORTEST: Final = 16  # below this many characters it is not worth having two engines


class PythonForm(NamedTuple):
    """A pattern for `re.compile(text, re.ASCII)`, and the longest text it may be run on."""

    text: str
    max_length: int


class _Work(NamedTuple):
    """The most steps a part can take on a text: `branches * length ** degree`."""

    branches: int = 1
    degree: int = 0


def python_form(tokens: list[Token]) -> PythonForm | None:
    """Translate a pattern for `re`; None where it does not qualify."""
    if len(tokens) > MAX_TOKENS or any(token.python is None for token in tokens):
        return None
    work = _work(tokens)
    if work is None:
        return None
    degree = work.degree if _is_anchored(tokens) else work.degree + 1
    limit = int((MAX_STEPS / work.branches) ** (1 / max(1, degree)))
    if limit < _SHORTEST:
        return None
    return PythonForm("".join(token.python or "" for token in tokens), limit)


def _is_anchored(tokens: list[Token]) -> bool:
    if not tokens or tokens[0].python not in ("^", r"\A"):
        return False
    depth = 0
    for token in tokens:
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
        elif token.kind == "bar" and depth == 0:
            return False
    return True


def _work(tokens: list[Token]) -> _Work | None:
    """Bound the work of a whole pattern."""
    # Each open group: the work of its finished branches, the parts of the one being read.
    groups: list[tuple[list[_Work], list[_Work]]] = [([], [])]
    previous = ""
    for token in tokens:
        done, parts = groups[-1]
        if token.kind == "atom" or token.kind == "empty":
            parts.append(_Work())
        elif token.kind == "open":
            groups.append(([], []))
            if len(groups) > MAX_DEPTH:
                return None
        elif token.kind == "bar":
            done.append(_in_sequence(parts))
            parts.clear()
        elif token.kind == "close":
            done.append(_in_sequence(parts))
            groups.pop()
            groups[-1][1].append(_alternatives(done))
        elif token.kind == "repeat":
            repeated = _repeated(parts[-1], previous, token)
            if repeated is None:
                return None
            parts[-1] = repeated
        previous = token.kind
    done, parts = groups[-1]
    done.append(_in_sequence(parts))
    total = _alternatives(done)
    return total if total.branches <= MAX_BRANCHES else None


def _repeated(part: _Work, kind: str, repeat: Token) -> _Work | None:
    if kind == "atom":
        spread = repeat.maximum - repeat.minimum
        if 0 <= spread <= 3:
            return _Work(spread + 1)
        return _Work(1, 1)
    if kind == "close" and (repeat.minimum, repeat.maximum) == (0, 1):
        return _Work(part.branches + 1, part.degree)
    return None


def _in_sequence(parts: list[_Work]) -> _Work:
    branches, degree = 1, 0
    for part in parts:
        branches = min(branches * part.branches, MAX_BRANCHES + 1)
        degree += part.degree
    return _Work(branches, degree)


def _alternatives(branches: list[_Work]) -> _Work:
    return _Work(sum(b.branches for b in branches), max(b.degree for b in branches))
