"""Parts of a policy's expressions evaluated once more, to see which of them made it fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from policy_engine.admission.composition import LazyVariables
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.blame.static import only_field
from policy_engine.cel.budget import Meter, OutOfFuel
from policy_engine.cel.checker import CheckedExpression
from policy_engine.cel.errors import CompileError, EvaluationError, Interrupted
from policy_engine.cel.interpreter import InstantiationError, Plan, plan
from policy_engine.cel.libraries.declare import Overload, Value
from policy_engine.cel.program import Program
from policy_engine.cel.syntax.tree import Node
from policy_engine.field_paths import FieldPath
from policy_engine.records import record

_COST_OF_A_PART = 100_000  # a tenth of what an expression may cost
_PARTS = 300  # of one decision; what is not found by then is not looked for any further

Functions = Callable[[str], tuple[Overload, ...]]


class NoValue(Exception):
    """Say that a part has no value: it fails, or there were too many parts before it."""


@record
class Local:
    """A variable of a loop: its value, and where in the object that is, if it is there."""

    value: Value
    path: FieldPath | None


Scope = Mapping[str, Local]


class Parts:
    """What is known of expressions, worked out once for all decisions."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        # The nodes are kept, so that their ids stay their own.
        self._plans: dict[int, tuple[Node, Plan | None]] = {}
        self._only_fields: dict[int, tuple[Node, FieldPath | None]] = {}

    def only_field(self, root: Node) -> FieldPath | None:
        """Give the field of an expression that is about one field only."""
        found = self._only_fields.get(id(root))
        if found is None:
            found = self._only_fields[id(root)] = (root, only_field(root))
        return found[1]

    def plan(self, checked: CheckedExpression, node: Node) -> Plan:
        """Plan a part of an expression. Raises: NoValue."""
        found = self._plans.get(id(node))
        if found is None:
            planned: Plan | None
            try:
                planned = plan(replace(checked, root=node), self._functions)
            except (InstantiationError, CompileError, KeyError):
                planned = None
            found = self._plans[id(node)] = (node, planned)
        if found[1] is None:
            raise NoValue
        return found[1]


class PartEvaluation:
    """Evaluates parts of one policy's expressions for one request. activation: all but `variables`."""

    def __init__(self, policy: CompiledPolicy, activation: Mapping[str, Value], parts: Parts) -> None:
        self._parts = parts
        self._left = _PARTS
        self._activation = dict(activation)
        self._activation["variables"] = LazyVariables(policy.variables, self._activation, self._run)

    def value(self, checked: CheckedExpression, node: Node, scope: Scope) -> Value:
        """Evaluate a part with the variables of the loops around it. Raises: NoValue."""
        activation = self._activation
        if scope:
            activation = {**activation, **{name: local.value for name, local in scope.items()}}
        return self._evaluate(self._parts.plan(checked, node), activation)

    def variable(self, name: str) -> Value:
        """Evaluate one of the policy's variables. Raises: NoValue."""
        try:
            return self._activation["variables"][name]
        except (EvaluationError, KeyError):
            raise NoValue from None

    def _run(self, program: Program, activation: dict[str, Value]) -> Value:
        """Evaluate a variable: its compiled form is there already, unlike that of a part."""
        self._count()
        try:
            return program.run(activation, Meter(_COST_OF_A_PART), limit=_COST_OF_A_PART)
        except OutOfFuel:
            return self._evaluate(program.plan, activation)
        except (EvaluationError, Interrupted):
            raise NoValue from None

    def _evaluate(self, planned: Plan, activation: Mapping[str, Value]) -> Value:
        self._count()
        try:
            measured = planned.evaluate(activation, limit=_COST_OF_A_PART)
        except Interrupted:
            raise NoValue from None
        if measured.error is not None:
            raise NoValue
        return measured.value

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise NoValue
