"""Where a parser may be: all places reachable without, and then with, reading one more token.

Source: antlr4 runtime, atn/ParserATNSimulator (closure, computeReachSet, computeStartState).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from policy_engine.cel.syntax.recovery.contexts import ROOT, Context, Contexts
from policy_engine.cel.syntax.recovery.network import Enter, Guard, Network, Role, State, Step, Take
from policy_engine.cel.syntax.tokens import EOF


class Config(NamedTuple):
    """A place the parser may be at, if it took an alternative.

    alternative: the number, from 0, of the decision's edge. context: where the rules entered will go on.
    level: the lowest precedence of an operator guard passed on the way, 0 for none.
    outer: whether the way left the rule in which the choice is made.
    returned: whether it did so to where that rule is called with precedence 0.
    """

    state: State
    alternative: int
    context: Context
    level: int = 0
    outer: bool = False
    returned: bool = False


class Configs:
    """A set of configs; the stacks of those that differ in nothing else are united."""

    __slots__ = ("_contexts", "_full", "_places")

    def __init__(self, contexts: Contexts, *, full: bool) -> None:
        self._contexts = contexts
        self._full = full
        self._places: dict[tuple[int, int, int], Config] = {}

    def add(self, config: Config) -> None:
        """Add a config."""
        key = (config.state.number, config.alternative, config.level)
        present = self._places.get(key)
        if present is not None:
            config = present._replace(
                context=self._contexts.merge(present.context, config.context, wildcard=not self._full),
                outer=present.outer or config.outer,
                returned=present.returned or config.returned,
            )
        self._places[key] = config

    def all(self) -> Sequence[Config]:
        """Give the configs in the order in which their places were found."""
        return tuple(self._places.values())


class Closure:
    """Computes the places for one decision.

    calls: where the rules being read will go on; None where that is left open, and a rule that ends may go on
    wherever it is called. precedence: that of the innermost recursive rule; looked at only where calls are
    known.
    """

    __slots__ = ("_calls", "_contexts", "_decision", "_full", "_precedence", "_states")

    def __init__(
        self,
        network: Network,
        contexts: Contexts,
        decision: State,
        *,
        calls: Context | None = None,
        precedence: int = 0,
    ) -> None:
        self._states = network.states
        self._contexts = contexts
        self._decision = decision
        self._full = calls is not None  # ANTLR's full-context mode
        self._calls = contexts.empty if calls is None else calls
        self._precedence = precedence

    def start(self) -> Sequence[Config]:
        """Give the places at which the alternatives of the decision begin."""
        configs = Configs(self._contexts, full=self._full)
        for number, edge in enumerate(self._decision.edges):
            self._walk(Config(edge.target, number, self._calls), configs, set(), heeds_guards=True)
        return configs.all()

    def after(self, configs: Sequence[Config], kind: str) -> Sequence[Config]:
        """Give the places reached by reading a token of a kind."""
        read = Configs(self._contexts, full=self._full)
        ended: list[Config] = []
        for config in configs:
            if config.state.role is Role.RULE_STOP:
                if self._full or kind == EOF:
                    ended.append(config)
                continue
            for edge in config.state.edges:
                if isinstance(edge, Take) and kind in edge.kinds:
                    read.add(config._replace(state=edge.target))
        places = read.all()
        if kind == EOF or ended or len({config.alternative for config in places}) != 1:
            places = self._closed(places)
        if kind == EOF:
            places = [config for config in places if config.state.role is Role.RULE_STOP]
        if ended and not (self._full and any(config.state.role is Role.RULE_STOP for config in places)):
            places = [*places, *ended]
        return places

    def _closed(self, places: Sequence[Config]) -> Sequence[Config]:
        reached = Configs(self._contexts, full=self._full)
        seen: set[object] = set()
        for config in places:
            self._walk(config, reached, seen, heeds_guards=False)
        return reached.all()

    def _walk(self, start: Config, found: Configs, seen: set[object], *, heeds_guards: bool) -> None:
        """Add all places that can be reached from one without reading a token.

        heeds_guards: whether operator guards of the decision's own rule (depth 0) count.
        """
        empty = self._contexts.empty
        stack = [(start, 0)]
        while stack:
            config, depth = stack.pop()
            state, context = config.state, config.context
            if state.role is Role.RULE_STOP:
                if context is not empty:
                    stack.extend((back, depth) for back in self._returns(config, found))
                    continue
                if self._full:
                    found.add(config)
                    continue
                if state.rule.callers:
                    stack.extend((back, depth - 1) for back in self._anywhere(config, seen))
                else:
                    found.add(config)
                continue
            if not state.is_silent:
                found.add(config)
                continue
            for number, edge in enumerate(state.edges):
                if number == 0 and self._is_covered_by_caller(config):
                    continue
                if isinstance(edge, Step):
                    stack.append((config._replace(state=edge.target), depth))
                elif isinstance(edge, Enter):
                    pushed = self._contexts.push(context, edge.target.number)
                    entered = config._replace(state=edge.rule.start, context=pushed)
                    stack.append((entered, depth + 1 if depth >= 0 else depth))
                elif isinstance(edge, Guard):
                    passed = self._guarded(config, edge) if heeds_guards and depth == 0 else config
                    if passed is not None:
                        stack.append((passed._replace(state=edge.target), depth))

    def _guarded(self, config: Config, guard: Guard) -> Config | None:
        """Pass an operator guard if its level is high enough, or note the level where that is open."""
        if self._full:
            return config if guard.level >= self._precedence else None
        return config._replace(level=min(config.level or guard.level, guard.level))

    def _returns(self, config: Config, found: Configs) -> Iterator[Config]:
        """Go back to the callers that are known."""
        for number, below in config.context.returns.items():
            if number == ROOT:
                found.add(config._replace(context=self._contexts.empty))
            else:
                yield config._replace(state=self._states[number], context=below, returned=False)

    def _anywhere(self, config: Config, seen: set[object]) -> Iterator[Config]:
        """Go on wherever the rule is called."""
        rule = config.state.rule
        is_own = self._decision.precedence_loop and rule.recursive and rule is self._decision.rule
        for caller in rule.callers:
            returned = config.returned or (is_own and caller.precedence == 0)
            back = config._replace(state=caller.target, outer=True, returned=returned)
            key = (back.state.number, back.alternative, back.level, returned)
            if key not in seen:
                seen.add(key)
                yield back

    def _is_covered_by_caller(self, config: Config) -> bool:
        """Tell whether another round of an operator loop is left to the calling loop of the same rule."""
        state, returns = config.state, config.context.returns
        return (
            state.precedence_loop
            and bool(returns)
            and all(number != ROOT and self._states[number].rule is state.rule for number in returns)
        )
