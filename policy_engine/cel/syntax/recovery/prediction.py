"""Choose among alternatives by looking ahead as far as it takes.

Where no alternative fits, the place at which the last one failed is what the message names; therefore this
follows ANTLR's adaptive LL(*) closely: first without regard to where the rule was called from, and once more
with it where that was ambiguous.
Source: antlr4 runtime, atn/ParserATNSimulator and atn/PredictionMode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from policy_engine.cel.syntax.recovery.closure import Closure, Config
from policy_engine.cel.syntax.recovery.contexts import Context, Contexts
from policy_engine.cel.syntax.recovery.network import Network, Role, State

Look: TypeAlias = Callable[[int], str]  # gives the kind of the token so many ahead; 0 is the current one


class NoViableAlternative(Exception):
    """Say that no alternative fits. ahead: how many tokens on the last one failed."""

    def __init__(self, ahead: int) -> None:
        super().__init__(ahead)
        self.ahead = ahead


class Known:
    """What is known after some tokens of lookahead: the places the parser may be at, and what follows from them.

    choice: the alternatives to choose from, with the precedence level each needs; empty while still open.
    ambiguous: whether only the calling rules can tell which of them it is.
    """

    __slots__ = ("ambiguous", "choice", "configs", "next")

    def __init__(
        self, configs: Sequence[Config], choice: Mapping[int, int] | None = None, *, ambiguous: bool = False
    ) -> None:
        self.configs = configs
        self.choice = choice or {}
        self.ambiguous = ambiguous
        self.next: dict[str, Known | None] = {}


class Predictor:
    """Chooses alternatives in a network, and remembers what it has worked out."""

    __slots__ = ("_known", "_network", "_starts", "contexts")

    def __init__(self, network: Network) -> None:
        self.contexts = Contexts()
        self._network = network
        self._starts: dict[tuple[int, int, Context | None], Known] = {}
        self._known: dict[tuple[int, bool, frozenset[Config]], Known] = {}

    def predict(self, decision: State, *, precedence: int, look: Look, calls: Context) -> int:
        """Give the number, from 0, of the edge to take.

        precedence: that of the innermost recursive rule. calls: where the rules being read will go on.
        Raises NoViableAlternative.
        """
        known = self._start(decision, precedence if decision.precedence_loop else 0, None)
        ahead = 0
        while True:
            following = self._after(decision, known, look(ahead))
            if following is None:
                return _finished(known.configs, precedence, NoViableAlternative(ahead))
            if following.choice:
                possible = [alt for alt, level in following.choice.items() if not level or level >= precedence]
                if following.ambiguous and len(possible) != 1:
                    return self._predict_in_context(decision, precedence, look, calls)
                if not possible:
                    raise NoViableAlternative(0)
                return min(possible)
            known = following
            ahead += 1

    def _predict_in_context(self, decision: State, precedence: int, look: Look, calls: Context) -> int:
        known = self._start(decision, precedence, calls)
        ahead = 0
        while True:
            following = self._after(decision, known, look(ahead), calls)
            if following is None:
                return _finished(known.configs, precedence, NoViableAlternative(0))
            if following.choice:
                return min(following.choice)
            known = following
            ahead += 1

    def _start(self, decision: State, precedence: int, calls: Context | None) -> Known:
        key = (decision.number, precedence, calls)
        start = self._starts.get(key)
        if start is None:
            configs = self._closure(decision, calls, precedence).start()
            if calls is None and decision.precedence_loop:
                configs = _without_weaker(configs, precedence)
            start = self._starts[key] = Known(configs)
        return start

    def _after(self, decision: State, known: Known, kind: str, calls: Context | None = None) -> Known | None:
        if kind not in known.next:
            reached = self._closure(decision, calls).after(known.configs, kind)
            known.next[kind] = self._intern(decision, reached, calls) if reached else None
        return known.next[kind]

    def _closure(self, decision: State, calls: Context | None, precedence: int = 0) -> Closure:
        return Closure(self._network, self.contexts, decision, calls=calls, precedence=precedence)

    def _intern(self, decision: State, configs: Sequence[Config], calls: Context | None) -> Known:
        key = (decision.number, calls is None, frozenset(configs))
        known = self._known.get(key)
        if known is None:
            known = _conclude(configs) if calls is None else _conclude_in_context(configs)
            self._known[key] = known
        return known


def _conclude(configs: Sequence[Config]) -> Known:
    if len({config.alternative for config in configs}) == 1:
        return Known(configs, _levels(configs))
    if _is_settled_without_context(configs):
        return Known(configs, _levels(configs), ambiguous=True)
    return Known(configs)


def _conclude_in_context(configs: Sequence[Config]) -> Known:
    lowest = {min(alternatives) for alternatives in _by_place(configs).values()}
    return Known(configs, {lowest.pop(): 0} if len(lowest) == 1 else None)


def _finished(configs: Sequence[Config], precedence: int, otherwise: NoViableAlternative) -> int:
    """Give an alternative that came to the end of the rule before the text went wrong."""
    for is_possible in (True, False):
        ended = [
            config.alternative
            for config in configs
            if (not config.level or config.level >= precedence) is is_possible
            and (config.outer or (config.state.role is Role.RULE_STOP and not config.context.returns))
        ]
        if ended:
            return min(ended)
    raise otherwise


def _levels(configs: Iterable[Config]) -> dict[int, int]:
    """Give the precedence level each alternative needs: that of its easiest way."""
    levels: dict[int, list[int]] = {}
    for config in configs:
        levels.setdefault(config.alternative, []).append(config.level)
    return {alternative: max(found) if all(found) else 0 for alternative, found in levels.items()}


def _without_weaker(configs: Sequence[Config], precedence: int) -> Sequence[Config]:
    """Leave out operators that bind too weakly here, and ways out that another round of the loop covers."""
    kept: list[Config] = []
    rounds: dict[int, Context] = {}
    for config in configs:
        if config.alternative == 0 and (not config.level or config.level >= precedence):
            rounds[config.state.number] = config.context
            kept.append(config._replace(level=0))
    for config in configs:
        if config.alternative != 0 and (config.returned or rounds.get(config.state.number) is not config.context):
            kept.append(config)
    return kept


def _by_place(configs: Iterable[Config]) -> dict[tuple[int, int], set[int]]:
    """Give the alternatives that lead to each place, the calling rules being part of a place."""
    places: dict[tuple[int, int], set[int]] = {}
    for config in configs:
        places.setdefault((config.state.number, id(config.context)), set()).add(config.alternative)
    return places


def _is_settled_without_context(configs: Sequence[Config]) -> bool:
    """Tell whether looking further cannot separate the alternatives, unless the calling rules do."""
    if all(config.state.role is Role.RULE_STOP for config in configs):
        return True
    if all(len(alternatives) == 1 for alternatives in _by_place(configs).values()):
        return False
    by_state: dict[int, set[int]] = {}
    for config in configs:
        by_state.setdefault(config.state.number, set()).add(config.alternative)
    return all(len(alternatives) > 1 for alternatives in by_state.values())
