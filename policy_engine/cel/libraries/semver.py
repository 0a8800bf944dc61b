"""The semver library: `semver('1.2.3').isGreaterThan(semver('1.0.0'))`. Since Kubernetes 1.33.

Source: apiserver pkg/cel/library/semverlib.go, version 1.
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Library
from policy_engine.cel.libraries.semver_value import SEMVER, Semver, parse_semver, parse_tolerant
from policy_engine.cel.types import BOOL, INT, STRING
from policy_engine.cel.values.numbers import INT_MAX

LIBRARY: Final = Library("kubernetes.Semver", since="1.33")

LIBRARY.add("semver", "string_to_semver", (STRING,), SEMVER, implementation=parse_semver, cost=costs.STRING)


@LIBRARY.function("semver", "string_bool_to_semver", (STRING, BOOL), SEMVER, cost=costs.STRING)
def _semver(text: str, is_tolerant: bool) -> Semver:
    return parse_tolerant(text) if is_tolerant else parse_semver(text)


@LIBRARY.function("isSemver", "is_semver_string", (STRING,), BOOL, cost=costs.STRING)
def _is_semver(text: str) -> bool:
    return _is_semver_if(text, False)


@LIBRARY.function("isSemver", "is_semver_string_bool", (STRING, BOOL), BOOL, cost=costs.STRING)
def _is_semver_if(text: str, is_tolerant: bool) -> bool:
    try:
        _semver(text, is_tolerant)
    except EvaluationError:
        return False
    return True


@LIBRARY.member("isGreaterThan", "semver_is_greater_than", (SEMVER, SEMVER), BOOL, cost=costs.NOMINAL_FUNCTION)
def _is_greater_than(left: Semver, right: Semver) -> bool:
    return left.compare(right) > 0


@LIBRARY.member("isLessThan", "semver_is_less_than", (SEMVER, SEMVER), BOOL, cost=costs.NOMINAL_FUNCTION)
def _is_less_than(left: Semver, right: Semver) -> bool:
    return left.compare(right) < 0


@LIBRARY.member("compareTo", "semver_compare_to", (SEMVER, SEMVER), INT, cost=costs.NOMINAL_FUNCTION)
def _compare_to(left: Semver, right: Semver) -> int:
    return left.compare(right)


@LIBRARY.member("major", "semver_major", (SEMVER,), INT, cost=costs.NOMINAL_FUNCTION)
def _major(version: Semver) -> int:
    return _int64(version.major)


@LIBRARY.member("minor", "semver_minor", (SEMVER,), INT, cost=costs.NOMINAL_FUNCTION)
def _minor(version: Semver) -> int:
    return _int64(version.minor)


@LIBRARY.member("patch", "semver_patch", (SEMVER,), INT, cost=costs.NOMINAL_FUNCTION)
def _patch(version: Semver) -> int:
    return _int64(version.patch)


def _int64(value: int) -> int:
    """Read 64 bits as signed: a version number above the largest int turns negative, as in Kubernetes."""
    return value - (1 << 64) if value > INT_MAX else value
