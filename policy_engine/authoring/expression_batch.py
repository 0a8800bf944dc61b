"""Expression cases as JSON, answered as JSON: the format in which CEL engines are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_engine.authoring.expression_case import INPUTS, Evaluated, ExpressionCase, Returns, Stage, evaluate
from policy_engine.cel.values import type_name
from policy_engine.cel.values.encoding import encode
from policy_engine.errors import InputError, InternalError

_MAX_ERROR_LENGTH = 160
_SYNTAX = "compilation failed: ERROR: <input>:"


def answer_case(case: Mapping[str, Any], *, version: str) -> dict[str, Any]:
    """Answer one case; see docs/reference/batch.md for its fields.

    Raises: InputError where the case is not well formed; InternalError where the compiled form and the interpreter
    disagree.
    """
    evaluated = evaluate(decode_case(case), version=version)
    if evaluated.disagreement:
        raise InternalError(evaluated.disagreement)
    return answer(evaluated)


def answer(evaluated: Evaluated) -> dict[str, Any]:
    """Write what came of an expression as JSON."""
    static = {} if evaluated.static is None else {"static": str(evaluated.static)}
    cost = {} if evaluated.cost is None else {"cost": evaluated.cost}
    if evaluated.stage is not None:
        return {"error": short_error(evaluated), "stage": str(evaluated.stage), **static, **cost}
    return {"value": encode(evaluated.value), "type": type_name(evaluated.value), **static, **cost}


def decode_case(case: Mapping[str, Any]) -> ExpressionCase:
    """Read a case. Raises: InputError."""
    return ExpressionCase(
        expression=_text(case, "expr"),
        inputs=_inputs(case.get("vars")),
        variables=tuple(map(_variable, _list(case, "variables"))),
        rules=tuple(map(_rule, _list(case, "authz"))),
        returns=_returns(case.get("returns", Returns.ANY)),
    )


def short_error(evaluated: Evaluated) -> str:
    """Give the first line of an error, cut, with nothing but line and column before a compiler's message."""
    message = evaluated.error or ""
    if evaluated.variable:
        message = f"variable {evaluated.variable}: {message}"
    elif evaluated.stage is Stage.COMPILE and not message.startswith(f"{_SYNTAX}-"):  # -1:0 is no place
        message = message.removeprefix(_SYNTAX)
    return message.split("\n", 1)[0][:_MAX_ERROR_LENGTH]


def _text(case: Mapping[str, Any], key: str) -> str:
    value = case.get(key)
    if not isinstance(value, str):
        raise InputError(f"`{key}`: expected a text")
    return value


def _list(case: Mapping[str, Any], key: str) -> list[Any]:
    value = case.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise InputError(f"`{key}`: expected a list")
    return value


def _inputs(value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError("`vars`: expected an object")
    unknown = sorted(value.keys() - set(INPUTS))
    if unknown:
        raise InputError(f"`vars`: unknown variable `{unknown[0]}`: there are {', '.join(INPUTS)}")
    return value


def _variable(item: object) -> tuple[str, str]:
    if not isinstance(item, dict):
        raise InputError("`variables`: expected objects with `name` and `expression`")
    return _text(item, "name"), _text(item, "expression")


def _rule(item: object) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise InputError("`authz`: expected rules")
    return item


def _returns(value: object) -> Returns:
    if not isinstance(value, str) or value not in set(Returns):
        raise InputError(f"`returns`: expected one of {', '.join(Returns)}")
    return Returns(value)
