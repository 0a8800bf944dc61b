"""Fields, keys and indices: what `value.key` and `value[key]` find."""

from __future__ import annotations

from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values.display import go_text
from policy_engine.cel.values.maps import KeyedMap
from policy_engine.cel.values.numbers import INT_MAX, UInt, double_to_int
from policy_engine.cel.values.optional import ABSENT
from policy_engine.cel.values.typing import type_name

KEY_CLASSES: Final = frozenset({str, int, UInt, bool, float})
"""What may select an element. Every other type is refused before anything is looked up."""

_WITHOUT_ELEMENTS: Final = frozenset({type(None), bool, int, UInt, float, str, bytes})


def look_up(container: Value, key: Value) -> Value:
    """Find an element: ABSENT where there is none, an EvaluationError where `key` cannot select here.

    A scalar, null or an opaque value has no elements: everything is absent in it.

    Source: cel-go interpreter/attributes.go, the qualifiers and `refQualify`.
    """
    class_ = container.__class__
    if class_ is dict:
        return container.get(key, ABSENT) if key.__class__ is str else ABSENT
    if class_ is list:
        index = _list_index(key)
        if isinstance(index, EvaluationError):
            return index
        return container[index] if 0 <= index < len(container) else ABSENT
    if class_ is KeyedMap:
        return container.find(key)
    if class_ not in _WITHOUT_ELEMENTS and hasattr(class_, "__getitem__"):
        # A lazy mapping, such as a policy's `variables`: to look is to evaluate.
        try:
            return container[key]
        except KeyError:
            return ABSENT
        except EvaluationError as error:
            return error
    return ABSENT


def missing(container: Value, key: Value) -> EvaluationError:
    """Give the error for an element that is absent and was not asked for with `?`."""
    what = "index out of bounds" if container.__class__ is list else "no such key"
    return EvaluationError(f"{what}: {go_text(key)}")


def _list_index(key: Value) -> int | EvaluationError:
    """Source: cel-go common/types/list.go, `IndexOrError`."""
    class_ = key.__class__
    if class_ is int:
        return int(key)
    if class_ is float:
        index = double_to_int(key)
        if index is not None and index == key:
            return index
    elif class_ is UInt:
        if key <= INT_MAX:
            return int(key)
    else:
        return EvaluationError(f"unsupported index type '{type_name(key)}' in list")
    return EvaluationError(f"unsupported index value {go_text(key)} in list")
