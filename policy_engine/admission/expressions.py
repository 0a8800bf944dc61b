"""Expressions of a policy, compiled, with what they need from their surroundings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from policy_engine.admission.environment import REQUEST_RESOURCE
from policy_engine.cel.environment import Environment
from policy_engine.cel.errors import CompileError
from policy_engine.cel.inputs import WHOLE
from policy_engine.cel.program import Program
from policy_engine.cel.types import Type
from policy_engine.records import record


class Need(StrEnum):
    """What not every surrounding can tell."""

    USER = "who asks"
    AUTHORIZER = "an authorizer"
    NAMESPACE = "the request's namespace"
    OLD_OBJECT = "the old object in this version"


_USER = frozenset({"request.userInfo", f"request.{WHOLE}"})
_OPERATION = frozenset({"request.operation", f"request.{WHOLE}"})
_AUTHORIZER = frozenset({"authorizer", REQUEST_RESOURCE})


@record(kw_only=True)
class Expression:
    """One expression of a policy.

    program: None where it does not compile; error is why, and problem the API server's words for it.
    reads: what it reads, the variables it uses included. needs: derived from reads.
    """

    text: str
    place: str
    program: Program | None
    error: CompileError | None
    reads: frozenset[str]
    needs: frozenset[Need]

    @property
    def problem(self) -> str:
        """Say why it does not compile; empty where it does."""
        return "" if self.error is None else self.error.message


def compile_expression(
    text: str,
    place: str,
    environment: Environment,
    *,
    returns: Sequence[Type] | None,
    variables: Mapping[str, Expression],
    never_there: frozenset[Need] = frozenset(),
) -> Expression:
    """Compile an expression; one that does not compile is kept together with its error.

    never_there: what the API server does not hand to it either, so that nothing is lacking without it.
    """
    try:
        program = environment.compile(text, returns=returns)
    except CompileError as error:
        return Expression(text=text, place=place, program=None, error=error, reads=frozenset(), needs=frozenset())
    reads = _closure(program.reads, variables)
    needs = _needs(reads) - never_there
    return Expression(text=text, place=place, program=program, error=None, reads=reads, needs=needs)


def depends_on_old_object(expression: Expression) -> bool:
    """Tell whether an expression compares with what was."""
    return "oldObject" in expression.reads


def depends_on_operation(expression: Expression) -> bool:
    """Tell whether an expression sees what is done to the object, and not only what it is."""
    return not expression.reads.isdisjoint(_OPERATION)


def depends_on_user(expression: Expression) -> bool:
    """Tell whether an expression sees who does it."""
    return not expression.reads.isdisjoint(_USER | _AUTHORIZER)


def _closure(reads: frozenset[str], variables: Mapping[str, Expression]) -> frozenset[str]:
    if not variables or "variables" not in reads:
        return reads
    used = variables.keys() if f"variables.{WHOLE}" in reads else _fields(reads, "variables")
    return reads.union(*(variables[name].reads for name in used if name in variables))


def _fields(reads: frozenset[str], root: str) -> list[str]:
    return [name.removeprefix(f"{root}.") for name in reads if name.startswith(f"{root}.")]


def _needs(reads: frozenset[str]) -> frozenset[Need]:
    needs = set()
    if not reads.isdisjoint(_USER):
        needs.add(Need.USER)
    if "oldObject" in reads:
        needs.add(Need.OLD_OBJECT)
    if "namespaceObject" in reads:
        needs.add(Need.NAMESPACE)
    if not reads.isdisjoint(_AUTHORIZER):
        needs.add(Need.AUTHORIZER)
    return frozenset(needs)
