"""What can go wrong with an expression: when it is compiled, when it runs, and when it runs out of budget."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.cel.source import Position, Source
from policy_engine.errors import PolicyError
from policy_engine.records import record


@record(kw_only=True)
class Issue:
    """One finding about an expression's text.

    offset: code points from the start of the source; -1 where no place is known.
    suggestion: a name that may have been meant, or empty.
    """

    message: str
    offset: int
    suggestion: str = ""

    def position(self, source: Source) -> Position:
        """Turn the offset into a 1-based line and column."""
        return source.position(self.offset)

    def render(self, source: Source) -> str:
        """Write the finding as Kubernetes does: place, message, source line, caret.

        Source: cel-go common/error.go, `Error.ToDisplayString`.
        """
        return source.render(self.offset, self.message)


class CompileError(PolicyError):
    """Refuse an expression; `issues` holds every finding, in order of place.

    message: what kube-apiserver says of such an expression (`compilation failed: ERROR: ...`,
    `must evaluate to bool but got dyn`, `program instantiation failed: ...`), line breaks included.
    """

    code = "expression-invalid"

    def __init__(self, message: str, *, source: Source, issues: Sequence[Issue]) -> None:
        super().__init__(message)
        self.source = source
        self.issues = tuple(issues)


class EvaluationError(Exception):
    """End an evaluation with CEL's error value. `&&`, `||`, `all` and `exists` may absorb it.

    message: worded as cel-go words it, because it reaches users through kube-apiserver's denials.
    node_id: the sub-expression that failed, or 0 where it is not known (yet).
    """

    def __init__(self, message: str, node_id: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.node_id = node_id


class NoSuchOverload(EvaluationError):
    """Say that no overload of a function takes values of these types."""


class Interrupted(BaseException):
    """Stop an evaluation from outside. Not an `Exception`: nothing in an expression can absorb it."""

    message = "operation interrupted"


class CostLimitExceeded(Interrupted):
    """Say that an expression cost more than it may. `cost`: units used when it was stopped."""

    message = "operation cancelled: actual cost limit exceeded"

    def __init__(self, cost: int) -> None:
        super().__init__(self.message)
        self.cost = cost


class ResultTooLarge(CostLimitExceeded):
    """Stop a call before it makes more than a whole evaluation could afford. `cost`: of that call alone."""


class DeadlineExceeded(Interrupted):
    """Say that the wall-clock time allowed for an evaluation is over."""

    message = "operation interrupted: deadline exceeded"
