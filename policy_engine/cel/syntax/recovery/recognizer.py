"""Read a malformed text to its end, and say where and how it is malformed.

The words, and what is skipped or made up to go on reading, are those of ANTLR's default error strategy, which
is what authors of Kubernetes policies see.
Source: antlr4 runtime, error_strategy.go and parser.go; cel-go parser/parser.go (limits).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from policy_engine.cel.syntax.limits import MAX_DEPTH
from policy_engine.cel.syntax.recovery.frames import Frame, Reducer, Word
from policy_engine.cel.syntax.recovery.grammar import TOKEN_ORDER, network
from policy_engine.cel.syntax.recovery.network import EPSILON, Enter, Role, Rule, State, Take
from policy_engine.cel.syntax.recovery.prediction import NoViableAlternative, Predictor
from policy_engine.cel.syntax.recovery.report import Abandoned, Report
from policy_engine.cel.syntax.tokens import EOF, Tokens, Unknown

MAX_RECOVERIES: Final = 30  # cel-go parser/parser.go, errorRecoveryLimit
MAX_SKIPPED: Final = 256  # cel-go parser/parser.go, errorRecoveryTokenLookaheadLimit, in one recovery


class _Misfit(Exception):
    """Say that a token fits nowhere. message: how to put it."""

    def __init__(self, message: str, token: int) -> None:
        super().__init__(message)
        self.message = message
        self.token = token


class Recognizer:
    """Reads one text. What a rule was read as goes to the reducer when it ends."""

    def __init__(
        self, tokens: Tokens, text: str, unknown: Sequence[Unknown], report: Report, reducer: Reducer
    ) -> None:
        self._kinds, self._offsets, self._texts = tokens
        self._text = text
        self._unknown = unknown
        self._report = report
        self._reducer = reducer
        self._predictor = Predictor(network())
        self._at = 0
        self._state = network().rules["start"].start
        self._frames: list[Frame] = []
        self._depths: Counter[str] = Counter()
        self._recoveries = 0
        self._skipped: int | None = None  # tokens skipped in the recovery under way, if one is
        # From an error to the next token that fits, further errors are not reported.
        self._recovering = False
        self._failed_at = -1
        self._failed_states: set[State] = set()

    def run(self) -> object:
        """Read the text and give what its first rule was reduced to. Raises Abandoned."""
        self._report.reach(0)
        state = self._enter(network().rules["start"], 0, None)
        while True:
            if state.role is Role.RULE_STOP:
                frame = self._frames[-1]
                result = self._leave()
                if frame.follow is None:
                    return result
                state = frame.follow
                continue
            self._state = state
            try:
                state = self._advance(state)
            except _Misfit as misfit:
                self._fail(misfit)
                self._recover()
                state = self._frames[-1].rule.stop

    # Through the network.

    def _advance(self, state: State) -> State:
        if state.role not in (Role.BASIC, Role.BLOCK_END):
            self._synchronise(state)
            decision = state.edges[0].target if state.role is Role.LOOP_BACK else state
            return decision.edges[self._choose(decision)].target
        edge = state.edges[0]
        if isinstance(edge, Enter):
            return self._enter(edge.rule, edge.precedence, edge.target)
        if isinstance(edge, Take):
            self._frames[-1].parts.append(self._take(edge))
        return edge.target  # a guard passes: the prediction has looked at it

    def _choose(self, decision: State) -> int:
        if decision.adaptive:
            number = self._predict(decision)
        else:
            kind = self._kinds[self._at]
            fitting = [number for number, edge in enumerate(decision.edges) if kind in edge.target.first]
            if decision.names_form and not fitting:
                raise self._no_viable_alternative(self._at)
            number = fitting[0] if fitting else len(decision.edges) - 1
        if decision.names_form:
            self._begin_form(number)
        return number

    def _predict(self, decision: State) -> int:
        frame = self._frames[-1]
        precedence = next((frame.precedence for frame in reversed(self._frames) if frame.rule.recursive), -1)
        try:
            return self._predictor.predict(decision, precedence=precedence, look=self._look, calls=frame.calls)
        except NoViableAlternative as error:
            raise self._no_viable_alternative(min(self._at + error.ahead, len(self._kinds) - 1)) from None

    def _look(self, ahead: int) -> str:
        token = min(self._at + ahead, len(self._kinds) - 1)
        self._report.reach(token)
        return self._kinds[token]

    def _enter(self, rule: Rule, precedence: int, follow: State | None) -> State:
        contexts = self._predictor.contexts
        calls = contexts.push(self._frames[-1].calls, follow.number) if follow else contexts.empty
        self._depths[rule.name] += 1
        if self._depths[rule.name] > MAX_DEPTH:
            raise self._report.abandon(f"expression recursion limit exceeded: {MAX_DEPTH}")
        offset = self._offsets[self._at]
        frame = Frame(
            rule,
            precedence=precedence,
            follow=follow,
            calls=calls,
            offset=offset,
            findings=self._reducer.findings(),
        )
        self._frames.append(frame)
        return rule.start

    def _leave(self) -> object:
        frame = self._frames.pop()
        self._depths[frame.rule.name] -= 1
        result = self._reducer.reduce(frame)
        if self._frames:
            self._frames[-1].parts.append(result)
        return result

    def _begin_form(self, number: int) -> None:
        """Note which form of a rule is read. In a recursive rule what was read so far is its left side."""
        frame = self._frames[-1]
        if frame.rule.recursive:
            frame.parts = [self._reducer.reduce(frame)]
        frame.form = number

    # Tokens.

    def _take(self, edge: Take) -> Word:
        kind = self._kinds[self._at]
        if kind in edge.kinds:
            word = Word(kind, self._texts[self._at], self._offsets[self._at])
            self._fits()
            self._consume()
            return word
        return self._take_otherwise(edge)

    def _take_otherwise(self, edge: Take) -> Word:
        """Take the token after the one that does not fit, or make up the one that is missing."""
        self._begin_recovery()
        if self._delete_token():
            word = Word(self._kinds[self._at], self._texts[self._at], self._offsets[self._at])
            self._consume()
            self._skipped = None
            return word
        kind = self._kinds[self._at]
        if kind in self._expected(edge.target):
            expected = self._expected(self._state)
            if not self._recovering:
                self._recovering = True
                self._report.error(f"missing {_listed(expected)} at {self._shown(self._at)}", self._at)
            self._skipped = None
            at = self._at - 1 if kind == EOF and self._at else self._at
            return Word(min(expected, key=TOKEN_ORDER.index), "<missing>", self._offsets[at])
        raise self._mismatch()

    def _delete_token(self) -> bool:
        """Skip a token if the next one fits."""
        expected = self._expected(self._state)
        following = min(self._at + 1, len(self._kinds) - 1)
        self._report.reach(following)
        if self._kinds[following] not in expected:
            return False
        self._report_unwanted()
        self._consume()
        self._fits()
        return True

    def _consume(self) -> None:
        if self._skipped is not None:
            if self._skipped >= MAX_SKIPPED:
                raise self._report.abandon(f"error recovery token lookahead limit exceeded: {MAX_SKIPPED}")
            self._skipped += 1
        if self._kinds[self._at] != EOF:
            self._at += 1
            self._report.reach(self._at)

    def _fits(self) -> None:
        self._recovering = False
        self._failed_states = set()
        self._failed_at = -1

    # Errors.

    def _synchronise(self, state: State) -> None:
        """See to it that the token can begin one of the ways out of a state, where the rule cannot end."""
        if self._recovering or EPSILON in state.first or self._kinds[self._at] in state.first:
            return
        if state.role in (Role.CHOICE, Role.LOOP_ENTRY):
            if not self._delete_token():
                raise self._mismatch()
        else:
            self._report_unwanted()
            self._skip_to(self._expected(state) | self._recovery_set())

    def _fail(self, misfit: _Misfit) -> None:
        if not self._recovering:
            self._recovering = True
            self._report.error(misfit.message, misfit.token)

    def _recover(self) -> None:
        """Skip what cannot follow the rule."""
        self._begin_recovery()
        if self._failed_at == self._at and self._state in self._failed_states:
            self._consume()  # the same error again: without this it would never end
        self._failed_at = self._at
        self._failed_states.add(self._state)
        self._skip_to(self._recovery_set())
        self._skipped = None

    def _begin_recovery(self) -> None:
        if self._recoveries == MAX_RECOVERIES:
            self._report.error(f"error recovery attempt limit exceeded: {MAX_RECOVERIES}", self._at)
            raise Abandoned
        self._recoveries += 1
        self._skipped = 0

    def _skip_to(self, kinds: frozenset[str]) -> None:
        while self._kinds[self._at] != EOF and self._kinds[self._at] not in kinds:
            self._consume()

    def _expected(self, state: State) -> frozenset[str]:
        """Give the tokens that may come at a state, those after the end of the rule included."""
        first = state.first
        expected = first
        for frame in reversed(self._frames):
            if EPSILON not in first or frame.follow is None:
                break
            first = frame.follow.first
            expected |= first
        return (expected - {EPSILON}) | ({EOF} if EPSILON in first else set())

    def _recovery_set(self) -> frozenset[str]:
        """Give the tokens that may follow any of the rules being read."""
        follows = [frame.follow.first for frame in self._frames if frame.follow is not None]
        return frozenset().union(*follows) - {EPSILON}

    # Words.

    def _report_unwanted(self) -> None:
        if not self._recovering:
            self._recovering = True
            expected = _listed(self._expected(self._state))
            self._report.error(f"extraneous input {self._shown(self._at)} expecting {expected}", self._at)

    def _mismatch(self) -> _Misfit:
        self._skipped = None
        expected = _listed(self._expected(self._state))
        return _Misfit(f"mismatched input {self._shown(self._at)} expecting {expected}", self._at)

    def _no_viable_alternative(self, token: int) -> _Misfit:
        if self._kinds[self._at] == EOF:
            shown = "<EOF>"
        else:
            end = len(self._text) if self._kinds[token] == EOF else self._offsets[token] + len(self._texts[token])
            shown = self._text_between(self._offsets[self._at], end)
        return _Misfit(f"no viable alternative at input {_quoted(shown)}", token)

    def _text_between(self, start: int, end: int) -> str:
        """Give a part of the text without the pieces that are no tokens."""
        parts: list[str] = []
        for piece in self._unknown:
            if start <= piece.offset < end:
                parts.append(self._text[start : piece.offset])
                start = piece.offset + len(piece.text)
        return "".join((*parts, self._text[start:end]))

    def _shown(self, token: int) -> str:
        return _quoted(self._texts[token])


def _quoted(text: str) -> str:
    return "'" + text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r") + "'"


def _listed(kinds: frozenset[str]) -> str:
    named = [kind if kind == EOF or kind[0].isupper() else f"'{kind}'" for kind in TOKEN_ORDER if kind in kinds]
    return named[0] if len(named) == 1 else "{" + ", ".join(named) + "}"
