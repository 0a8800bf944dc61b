"""A grammar as a network of states, in the shape ANTLR gives it: what it can predict depends on that shape.

Source: antlr4 runtime, atn (ATNState, Transition, ATNDeserializer).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

EPSILON: Final = "<EPSILON>"  # in a set of tokens: the end of the rule may follow


class Role(Enum):
    """What a state is for; error handling differs by it."""

    BASIC = auto()
    BLOCK_END = auto()  # where the alternatives of a choice or loop meet
    CHOICE = auto()  # one of several alternatives begins here, or something optional
    LOOP_ENTRY = auto()  # once more, or on
    LOOP_BACK = auto()  # the end of a round of a loop that may have none
    PLUS_LOOP_BACK = auto()  # the end of a round of a loop that has at least one
    RULE_STOP = auto()


class State:
    """A place in a rule. edges: where it leads, in the order of the alternatives."""

    __slots__ = ("adaptive", "edges", "first", "names_form", "number", "precedence_loop", "role", "rule")

    def __init__(self, number: int, rule: Rule, role: Role) -> None:
        self.number = number
        self.rule = rule
        self.role = role
        self.edges: list[Edge] = []
        self.adaptive = False  # whether one token of lookahead is too little to choose an edge
        self.precedence_loop = False  # the loop over operators of a left-recursive rule
        self.names_form = False  # whether the edge taken decides which form of the rule is read
        self.first: frozenset[str] = frozenset()  # the tokens that may come here, EPSILON included

    @property
    def is_silent(self) -> bool:
        """Tell whether there are ways out, none of which reads a token."""
        if self.role is Role.RULE_STOP:
            return bool(self.rule.callers)
        return not isinstance(self.edges[0], Take)


class Rule:
    """A rule of the grammar. recursive: one whose operators bind by precedence."""

    __slots__ = ("callers", "name", "recursive", "start", "stop")

    def __init__(self, name: str) -> None:
        self.name = name
        self.recursive = False
        self.start: State
        self.stop: State
        self.callers: list[Enter] = []


@dataclass(slots=True)
class Step:
    """Go on without reading anything."""

    target: State


@dataclass(slots=True)
class Take:
    """Read one token of these kinds."""

    kinds: frozenset[str]
    target: State


@dataclass(slots=True)
class Enter:
    """Go through another rule, then on at target."""

    rule: Rule
    precedence: int
    target: State


@dataclass(slots=True)
class Guard:
    """Go on if the rule was entered with at most this precedence."""

    level: int
    target: State


Edge: TypeAlias = Step | Take | Enter | Guard


class Network:
    """All rules, connected; states: by number."""

    def __init__(self, bodies: Mapping[str, Element]) -> None:
        self.rules = {name: Rule(name) for name in bodies}
        self.states: list[State] = []
        for name, body in bodies.items():
            rule = self.rules[name]
            rule.start = self.state(rule)
            rule.stop = self.state(rule, Role.RULE_STOP)
            body(self, rule, rule.start).edges.append(Step(rule.stop))
        self._shorten_tails()
        self._find_first_sets()

    def state(self, rule: Rule, role: Role = Role.BASIC) -> State:
        """Add a state."""
        state = State(len(self.states), rule, role)
        self.states.append(state)
        return state

    def _shorten_tails(self) -> None:
        """Let alternatives end in one place: whether they can be told apart from there depends on it.

        Source: antlr4 tool, automata/TailEpsilonRemover.
        """
        for state in self.states:
            if state.role is Role.BASIC and len(state.edges) == 1:
                last = state.edges[0].target
                if last.role is Role.BASIC and len(last.edges) == 1 and isinstance(last.edges[0], Step):
                    end = last.edges[0].target
                    if end.role in (Role.BLOCK_END, Role.LOOP_BACK, Role.PLUS_LOOP_BACK):
                        state.edges[0].target = end

    def _find_first_sets(self) -> None:
        """Compute what may come at each state, to a fixed point. No rule of the grammar is empty."""
        changed = True
        while changed:
            changed = False
            for state in reversed(self.states):
                found: set[str] = {EPSILON} if state.role is Role.RULE_STOP else set()
                for edge in state.edges:
                    if isinstance(edge, Take):
                        found |= edge.kinds
                    elif isinstance(edge, Enter):
                        found |= edge.rule.start.first - {EPSILON}
                    else:
                        found |= edge.target.first
                if found != state.first:
                    state.first = frozenset(found)
                    changed = True


# A piece of a rule: connects itself to the state given, and returns the state at its end.
Element: TypeAlias = Callable[[Network, Rule, State], State]


def take(*kinds: str) -> Element:
    """Read one token of these kinds."""

    def build(network: Network, rule: Rule, at: State) -> State:
        end = network.state(rule)
        at.edges.append(Take(frozenset(kinds), end))
        return end

    return build


def enter(name: str, precedence: int = 0) -> Element:
    """Go through a rule."""

    def build(network: Network, rule: Rule, at: State) -> State:
        end = network.state(rule)
        edge = Enter(network.rules[name], precedence, end)
        edge.rule.callers.append(edge)
        at.edges.append(edge)
        return end

    return build


def guard(level: int) -> Element:
    """Let only an operator pass that binds as tightly as is asked for."""

    def build(network: Network, rule: Rule, at: State) -> State:
        end = network.state(rule)
        at.edges.append(Guard(level, end))
        return end

    return build


def sequence(*elements: Element) -> Element:
    """Go through elements one after the other."""

    def build(network: Network, rule: Rule, at: State) -> State:
        for element in elements:
            at = element(network, rule, at)
        return at

    return build


def choice(*alternatives: Element, adaptive: bool = True) -> Element:
    """Go through one of several alternatives."""

    def build(network: Network, rule: Rule, at: State) -> State:
        block = _after(network, at, Role.CHOICE)
        block.names_form = True
        return _alternatives(network, block, alternatives, adaptive=adaptive)

    return build


def optional(element: Element) -> Element:
    """Go through an element or past it; one token tells which."""

    def build(network: Network, rule: Rule, at: State) -> State:
        block = _after(network, at, Role.CHOICE)
        end = _alternatives(network, block, (element,), adaptive=False)
        block.edges.append(Step(end))
        return end

    return build


def star(*alternatives: Element, adaptive: bool = False, precedence: bool = False) -> Element:
    """Go through alternatives any number of times. precedence: the operators of a left-recursive rule."""

    def build(network: Network, rule: Rule, at: State) -> State:
        entry = _after(network, at, Role.LOOP_ENTRY)
        entry.adaptive = adaptive
        entry.precedence_loop = precedence
        rule.recursive = rule.recursive or precedence
        block = _after(network, entry, Role.CHOICE)
        block.names_form = precedence
        back = _after(network, _alternatives(network, block, alternatives, adaptive=True), Role.LOOP_BACK)
        back.edges.append(Step(entry))
        return _after(network, entry, Role.BASIC)

    return build


def plus(element: Element, *, adaptive: bool) -> Element:
    """Go through an element at least once."""

    def build(network: Network, rule: Rule, at: State) -> State:
        block = _after(network, at, Role.CHOICE)
        end = _alternatives(network, block, (element,), adaptive=False)
        back = _after(network, end, Role.PLUS_LOOP_BACK)
        back.adaptive = adaptive
        back.edges.append(Step(block))
        return _after(network, back, Role.BASIC)

    return build


def _after(network: Network, at: State, role: Role) -> State:
    state = network.state(at.rule, role)
    at.edges.append(Step(state))
    return state


def _alternatives(network: Network, block: State, alternatives: Sequence[Element], *, adaptive: bool) -> State:
    block.adaptive = adaptive and len(alternatives) > 1
    end = network.state(block.rule, Role.BLOCK_END)
    for alternative in alternatives:
        alternative(network, block.rule, _after(network, block, Role.BASIC)).edges.append(Step(end))
    return end
