"""Type unification: which types fit where, and what that says about type parameters.

Source: cel-go checker/types.go and common/types/types.go.
"""

from __future__ import annotations

from policy_engine.cel.types import DYN, NULL, Kind, Type

_NULLABLE_KINDS = frozenset({Kind.OPAQUE, Kind.STRUCT, Kind.ANY, Kind.DURATION, Kind.TIMESTAMP})
_DYN_OR_ERROR = frozenset({Kind.DYN, Kind.ANY, Kind.ERROR})
_WITH_PARAMS = frozenset({Kind.OPAQUE, Kind.LIST, Kind.MAP})


def is_exact(left: Type, right: Type) -> bool:
    """Tell whether two types are the same; a wrapper counts as its primitive, as in cel-go."""
    if left is right:
        return True
    if left.kind is not right.kind or left.name != right.name or len(left.params) != len(right.params):
        return False
    return all(map(is_exact, left.params, right.params))


def is_equal_or_less_specific(left: Type, right: Type) -> bool:
    """Tell whether `left` is `right` with some parts unknown (dyn, or a type parameter)."""
    if left.kind in (Kind.DYN, Kind.ANY, Kind.TYPE_PARAM):
        return True
    if right.kind in (Kind.DYN, Kind.ANY, Kind.TYPE_PARAM) or left.kind is not right.kind:
        return False
    if left.kind in _WITH_PARAMS:
        if left.name != right.name or len(left.params) != len(right.params):
            return False
        return all(map(is_equal_or_less_specific, left.params, right.params))
    return left.kind is Kind.TYPE or is_exact(left, right)


def most_general(left: Type, right: Type) -> Type:
    """Give the less specific of two types that unify."""
    return left if is_equal_or_less_specific(left, right) else right


class Substitutions:
    """What is known of type parameters so far. Changes made by a failed attempt are taken back."""

    __slots__ = ("_bound", "_trail")

    def __init__(self) -> None:
        self._bound: dict[str, Type] = {}
        self._trail: list[tuple[str, Type | None]] = []

    def bind(self, param: Type, type_: Type) -> None:
        """Record that a type parameter stands for `type_`."""
        key = param.display
        self._trail.append((key, self._bound.get(key)))
        self._bound[key] = type_

    def assign(self, source: Type, target: Type) -> bool:
        """Tell whether a value of `source` fits where `target` is wanted; keep what that teaches if it does."""
        return self.assign_all((source,), (target,))

    def assign_all(self, sources: tuple[Type, ...], targets: tuple[Type, ...]) -> bool:
        """Do `assign` for each pair, all or nothing."""
        mark = len(self._trail)
        if self._all_fit(sources, targets):
            return True
        while len(self._trail) > mark:
            key, previous = self._trail.pop()
            if previous is None:
                del self._bound[key]
            else:
                self._bound[key] = previous
        return False

    def resolve(self, type_: Type, *, free_to_dyn: bool = False) -> Type:
        """Replace bound type parameters in a type; free ones become dyn where asked for."""
        kind = type_.kind
        if kind is Kind.TYPE_PARAM:
            bound = self._bound.get(type_.display)
            if bound is not None:
                return self.resolve(bound, free_to_dyn=free_to_dyn)
            return DYN if free_to_dyn else type_
        if not type_.params:
            return type_
        params = tuple([self.resolve(p, free_to_dyn=free_to_dyn) for p in type_.params])
        for new, old in zip(params, type_.params, strict=True):
            if new is not old:
                return Type(kind, type_.name, params)
        return type_

    def _all_fit(self, sources: tuple[Type, ...], targets: tuple[Type, ...]) -> bool:
        if len(sources) != len(targets):
            return False
        return all(map(self._fits, sources, targets))

    def _fits(self, source: Type, target: Type) -> bool:
        if target.kind is Kind.TYPE_PARAM:
            fits, known = self._fits_param(source, target)
            if fits or known:
                return fits
        if source.kind is Kind.TYPE_PARAM:
            return self._fits_param(target, source)[0]
        if source.kind in _DYN_OR_ERROR or target.kind in _DYN_OR_ERROR:
            return True
        if source.kind is Kind.NULL:
            return _takes_null(target)
        if target.kind is Kind.NULL:
            return _takes_null(source)
        if source.kind is Kind.TYPE:
            return target.kind is Kind.TYPE
        if source.kind in _WITH_PARAMS:
            return (
                source.kind is target.kind
                and source.name == target.name
                and self._all_fit(source.params, target.params)
            )
        return source.kind is target.kind and source.name == target.name

    def _fits_param(self, type_: Type, param: Type) -> tuple[bool, bool]:
        """Tell whether `param` may stand for `type_`, and whether something was known of `param` before."""
        if type_.kind is Kind.TYPE_PARAM and type_.name == param.name:
            return True, True
        bound = self._bound.get(param.display)
        if bound is not None:
            if is_exact(type_, bound):
                return True, True
            if self._fits(type_, bound):
                general = most_general(type_, bound)
                if self._free_of(param, general):
                    self.bind(param, general)
                return True, True
            return False, True
        if self._free_of(param, type_):
            self.bind(param, type_)
            return True, False
        return False, False

    def _free_of(self, param: Type, within: Type) -> bool:
        """Check that `param` does not occur in `within` (a type cannot contain itself)."""
        if is_exact(param, within):
            return False
        if within.kind is Kind.TYPE_PARAM:
            bound = self._bound.get(within.display)
            return bound is None or self._free_of(param, bound)
        return all(self._free_of(param, p) for p in within.params)


def _takes_null(type_: Type) -> bool:
    return type_.kind in _NULLABLE_KINDS or type_.nullable or is_exact(type_, NULL)
