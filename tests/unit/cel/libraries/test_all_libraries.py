"""What holds of every library, and which function came with which version of Kubernetes."""

from __future__ import annotations

from collections import Counter

import pytest

from policy_engine.cel.libraries import KUBERNETES
from policy_engine.cel.libraries.declare import Library, Overload, Version

_EVALUATED_BY_THE_EVALUATOR = frozenset(
    {"_?:_", "_&&_", "_||_", "_?_:_", "@not_strictly_false", "_[_]", "_[?_]", "_?._", "or", "orValue"}
)


def _overloads(version: str) -> list[Overload]:
    wanted = Version.parse(version)
    return [
        overload
        for library in KUBERNETES
        if Version.parse(library.since) <= wanted
        for overload in library.overloads
        if overload.since <= wanted and (overload.until is None or wanted < overload.until)
    ]


def test_no_two_overloads_share_a_name_and_an_id() -> None:
    ids = Counter((o.function, o.id) for o in _overloads("1.37"))
    assert [id for id, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("library", KUBERNETES, ids=lambda library: library.name)
def test_every_overload_can_be_called(library: Library) -> None:
    for overload in library.overloads:
        assert overload.implementation is not None or overload.function in _EVALUATED_BY_THE_EVALUATOR


def test_methods_have_a_receiver() -> None:
    assert all(overload.params for overload in _overloads("1.37") if overload.member)


@pytest.mark.parametrize(
    ("function", "since"),
    [
        ("size", "1.23"),
        ("charAt", "1.23"),
        ("url", "1.24"),
        ("find", "1.24"),
        ("isSorted", "1.24"),
        ("check", "1.27"),
        ("quantity", "1.28"),
        ("optional.of", "1.28"),
        ("format", "1.29"),
        ("strings.quote", "1.29"),
        ("sets.contains", "1.29"),
        ("ip", "1.30"),
        ("cidr", "1.30"),
        ("format.named", "1.31"),
        ("fieldSelector", "1.31"),
        ("semver", "1.33"),
        ("first", "1.33"),
        ("unwrapOpt", "1.33"),
        ("lists.range", "1.34"),
        ("includes", "1.37"),
    ],
)
def test_functions_come_with_their_version(function: str, since: str) -> None:
    first = Version.parse(since)
    before = Version(first.major, first.minor - 1)
    assert any(o.function == function for o in _overloads(since))
    if first > Version(1, 24):
        assert not any(o.function == function for o in _overloads(f"{before.major}.{before.minor}"))


def test_numbers_of_different_types_are_compared_since_1_28() -> None:
    def mixed(version: str) -> bool:
        return any(o.id == "less_int64_double" for o in _overloads(version))

    assert not mixed("1.27")
    assert mixed("1.28")


def test_macros_come_with_their_version() -> None:
    versions = {macro.function: library.since for library in KUBERNETES for macro in library.macros}
    assert versions["optMap"] == "1.28"
    assert versions["optFlatMap"] == "1.29"
    assert versions["transformMap"] == "1.32"
    assert versions["sortBy"] == "1.34"
