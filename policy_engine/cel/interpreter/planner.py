"""Turns checked nodes into steps.

Source: cel-go interpreter/planner.go.
"""

from __future__ import annotations

from policy_engine.cel.checker.checked import CheckedExpression
from policy_engine.cel.interpreter.attributes import Attribute, AttributeStep, ConditionalAttribute, PathAttribute
from policy_engine.cel.interpreter.calls import CallStep, NotStrictlyFalse
from policy_engine.cel.interpreter.dispatch import Callee, Functions, call_cost, callee, stops_at_first_error
from policy_engine.cel.interpreter.folding import InstantiationError, evaluate_without_inputs, fold
from policy_engine.cel.interpreter.folds import FoldStep
from policy_engine.cel.interpreter.growth import GROWING_FUNCTIONS, Growing
from policy_engine.cel.interpreter.literals import EntryStep, FieldStep, ListStep, MapStep, StructStep
from policy_engine.cel.interpreter.logic import AlternativeStep, EqualityStep, LogicStep
from policy_engine.cel.interpreter.messages import message_maker
from policy_engine.cel.interpreter.natives import Joining
from policy_engine.cel.interpreter.qualifiers import (
    AttributeQualifier,
    ComputedQualifier,
    ConstantQualifier,
    PresenceTest,
    Qualifier,
    invalid_key,
)
from policy_engine.cel.interpreter.step import ConstantStep, Step
from policy_engine.cel.interpreter.variables import (
    Accumulator,
    Computed,
    InputVariable,
    IterationVariable,
    Variable,
)
from policy_engine.cel.syntax.tree import (
    Call,
    Comprehension,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    Select,
    StructLiteral,
)
from policy_engine.cel.types import Kind, is_optional
from policy_engine.cel.values.typing import type_value

Scope = dict[str, Variable]


class Planner:
    """Plans one expression.

    slot_count: how many places the variables of its comprehensions take.
    """

    def __init__(self, checked: CheckedExpression, functions: Functions) -> None:
        self.slot_count = 0
        self._types = checked.types
        self._references = checked.references
        self._functions = functions
        self._has_optionals = any(map(is_optional, checked.types.values()))
        self._scopes: list[Scope] = []

    def plan(self, node: Node) -> Step:
        """Plan a node and all below it. Raises InstantiationError."""
        match node:
            case Call():
                return self._call(node)
            case Select():
                return self._select(node)
            case Ident():
                return self._ident(node)
            case Literal():
                return ConstantStep(node.id, node.value)
            case Comprehension():
                return self._comprehension(node)
            case ListLiteral():
                return self._list(node)
            case MapLiteral():
                return self._map(node)
            case StructLiteral():
                return self._struct(node)

    # Names and selections

    def _ident(self, node: Ident) -> Step:
        reference = self._references[node.id]
        if self._types[node.id].kind is Kind.TYPE:
            if reference.type_value is None:
                # A variable that holds a type is taken for the name of one.
                raise InstantiationError(f"reference to undefined type: {reference.name}")
            return ConstantStep(node.id, type_value(reference.type_value.name))
        return AttributeStep(PathAttribute(node.id, self._variable(reference.name)))

    def _variable(self, name: str) -> Variable:
        for scope in reversed(self._scopes):
            variable = scope.get(name)
            if variable is not None:
                return variable
        return InputVariable(name)

    def _select(self, node: Select) -> Step:
        attribute = _attribute_of(self.plan(node.operand))
        if node.test_only:
            test = PresenceTest(node.id, node.field)
            return AttributeStep(attribute.with_qualifier(test), presence_test=True)
        return AttributeStep(attribute.with_qualifier(ConstantQualifier(node.id, node.field)))

    def _index(self, node: Call, operand: Step, key: Step, *, optional: bool) -> Step:
        qualifier: Qualifier
        if isinstance(key, ConstantStep):
            error = invalid_key(key.value)
            if error is not None:
                raise InstantiationError(error.message)
            qualifier = ConstantQualifier(node.id, key.value, optional)
        elif isinstance(key, AttributeStep):
            qualifier = AttributeQualifier(node.id, key.attribute, optional)
        else:
            qualifier = ComputedQualifier(node.id, PathAttribute(node.id, Computed(key)), optional)
        return AttributeStep(_attribute_of(operand).with_qualifier(qualifier))

    # Calls

    def _call(self, node: Call) -> Step:
        operands = node.args if node.target is None else (node.target, *node.args)
        args = tuple([self.plan(operand) for operand in operands])
        match node.function:
            case "_&&_":
                return LogicStep(node.id, args, deciding=False)
            case "_||_":
                return LogicStep(node.id, args, deciding=True)
            case "_?_:_":
                condition, truthy, falsy = args
                return AttributeStep(
                    ConditionalAttribute(node.id, condition, _attribute_of(truthy), _attribute_of(falsy))
                )
            case "_[_]":
                return self._index(node, *args, optional=False)
            case "_?._" | "_[?_]":
                return self._index(node, *args, optional=True)
            case "or" | "orValue" if len(args) == 2:
                return AlternativeStep(node.id, *args, unwraps=node.function == "orValue")
            case "_==_" | "_!=_":
                left, right = args
                cost = call_cost(self._references[node.id].overloads)
                return EqualityStep(node.id, left, right, node.function == "_!=_", cost)
            case "@not_strictly_false":
                return NotStrictlyFalse(node.id, args[0], call_cost(self._references[node.id].overloads))
        return fold(self._function_call(node, args))

    def _function_call(self, node: Call, args: tuple[Step, ...]) -> CallStep:
        resolved = self._references[node.id].overloads
        called: Callee = callee(node.function, resolved, self._functions)
        if node.function in GROWING_FUNCTIONS:
            accumulator = _accumulator(args[0])
            if accumulator is not None:
                called = Growing(accumulator.slot, called)
            elif self._has_optionals and node.function == "_+_":
                called = Joining(called)
        return CallStep(
            id=node.id,
            function=node.function,
            overload_id=resolved[0].id if len(resolved) == 1 else "",
            args=args,
            arg_ids=tuple([arg.id for arg in args]),
            callee=called,
            cost=call_cost(resolved),
            stops_at_error=stops_at_first_error(node.function, resolved),
        )

    # Literals

    def _list(self, node: ListLiteral) -> Step:
        elements = tuple([self.plan(element) for element in node.elements])
        step = ListStep(
            node.id, elements, frozenset(node.optional_indices), tuple([element.id for element in elements])
        )
        return _constant_if(step, elements)

    def _map(self, node: MapLiteral) -> Step:
        entries = tuple(
            [EntryStep(self.plan(entry.key), self.plan(entry.value), entry.optional) for entry in node.entries]
        )
        parts = tuple([part for entry in entries for part in (entry.key, entry.value)])
        step = MapStep(node.id, entries, tuple([part.id for part in parts]))
        return _constant_if(step, parts)

    def _struct(self, node: StructLiteral) -> Step:
        make = message_maker(node.type_name)
        fields = tuple([FieldStep(field.name, self.plan(field.value), field.optional) for field in node.fields])
        return StructStep(node.id, make, fields, tuple([field.value.id for field in fields]))

    # Comprehensions

    def _comprehension(self, node: Comprehension) -> Step:
        accumulator = Accumulator(self._slot(), self.plan(node.accu_init))
        iter_range = self.plan(node.iter_range)
        slot = self._slot()
        slot2 = self._slot() if node.iter_var2 else None
        self._scopes.append({node.iter_var: IterationVariable(slot)})
        if slot2 is not None:
            self._scopes[-1][node.iter_var2] = IterationVariable(slot2)
        # The accumulator hides an iteration variable of its name.
        self._scopes.append({node.accu_var: accumulator})
        condition = self.plan(node.loop_condition)
        step = self.plan(node.loop_step)
        self._scopes[-2].clear()
        result = self.plan(node.result)
        del self._scopes[-2:]
        return FoldStep(
            id=node.id,
            iter_range=iter_range,
            accumulator=accumulator,
            slot=slot,
            slot2=slot2,
            condition=condition,
            step=step,
            result=result,
        )

    def _slot(self) -> int:
        self.slot_count += 1
        return self.slot_count - 1


def _attribute_of(step: Step) -> Attribute:
    """Give what further selections are made from."""
    return step.attribute if isinstance(step, AttributeStep) else PathAttribute(step.id, Computed(step))


def _accumulator(step: Step) -> Accumulator | None:
    if not isinstance(step, AttributeStep):
        return None
    attribute = step.attribute
    if not isinstance(attribute, PathAttribute) or attribute.qualifiers:
        return None
    return attribute.variable if isinstance(attribute.variable, Accumulator) else None


def _constant_if(step: ListStep | MapStep, parts: tuple[Step, ...]) -> Step:
    """Build a literal of constants once. An error in it shows only when it is evaluated."""
    if not all(isinstance(part, ConstantStep) for part in parts):
        return step
    return ConstantStep(step.id, evaluate_without_inputs(step))
