"""Where a rule goes on when it is through: stacks of return states, many at once in one graph.

Source: antlr4 runtime, atn/PredictionContext.
"""

from __future__ import annotations

from typing import Final

ROOT: Final = -1  # among the return states of a context: the empty stack is one of its stacks


class Context:
    """A set of stacks. returns: each return state on top of one of them -> the stacks below it.

    Contexts are made by `Contexts` only, which makes equal ones one object.
    """

    __slots__ = ("returns",)

    def __init__(self, returns: dict[int, Context]) -> None:
        self.returns = returns


class Contexts:
    """Makes contexts. EMPTY is the one stack that has nothing on it: what comes then is not known, or nothing."""

    __slots__ = ("_made", "empty")

    def __init__(self) -> None:
        self.empty = Context({})
        self._made: dict[tuple[tuple[int, int], ...], Context] = {(): self.empty}

    def push(self, below: Context, state: int) -> Context:
        """Give the stacks with one more state on top."""
        return self._intern({state: below})

    def merge(self, left: Context, right: Context, *, wildcard: bool) -> Context:
        """Unite two sets of stacks. wildcard: the empty stack stands for every stack."""
        if left is right:
            return left
        if left is self.empty or right is self.empty:
            if wildcard:
                return self.empty
            other = right if left is self.empty else left
            return self._intern({ROOT: self.empty, **other.returns})
        united = dict(left.returns)
        for state, below in right.returns.items():
            present = united.get(state)
            united[state] = below if present is None else self.merge(present, below, wildcard=wildcard)
        return self._intern(united)

    def _intern(self, returns: dict[int, Context]) -> Context:
        key = tuple(sorted((state, id(below)) for state, below in returns.items()))
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = Context(returns)
        return made
