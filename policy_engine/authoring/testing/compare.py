"""Laying what was found beside what was wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from policy_engine.authoring.testing.findings import Found
from policy_engine.authoring.testing.model import Outcome, Want
from policy_engine.records import record

_GRAVITY = {outcome: place for place, outcome in enumerate(Outcome)}
_FINDINGS = frozenset({Outcome.AUDIT, Outcome.WARN, Outcome.DENY, Outcome.ERROR})


@record(kw_only=True)
class Difference:
    """One reason for a case to fail.

    want: None for a finding that nothing in the case asks for.
    found: what comes nearest to the want; None where nothing does.
    narrowing: how many of the things found were left after each field of the want, as (field, count).
    """

    want: Want | None
    found: Found | None
    narrowing: tuple[tuple[str, int], ...] = ()


def overall(found: Iterable[Found]) -> Outcome:
    """Give the gravest outcome; where nothing was judged that is `skip`."""
    return max((one.outcome for one in found), key=_GRAVITY.__getitem__, default=Outcome.SKIP)


def compare(wants: Sequence[Want], found: Sequence[Found]) -> list[Difference]:
    """Give every difference: wants that are not met, and findings that no want covers.

    So a case that wants one denial fails when another validation denies too.
    """
    differences = [difference for want in wants if (difference := _unmet(want, found)) is not None]
    told = {difference.found for difference in differences}
    for one in found:
        if one.outcome in _FINDINGS and one not in told and not any(_covers(want, one) for want in wants):
            differences.append(Difference(want=None, found=one))
    return differences


def _unmet(want: Want, found: Sequence[Found]) -> Difference | None:
    left = list(found)
    narrowing = [("decision", len(left))]
    nearest = left
    for label, test in _place_tests(want):
        left = [one for one in left if test(one)]
        narrowing.append((label, len(left)))
        nearest = left or nearest
    if want.outcome not in _FINDINGS and overall(left) is not want.outcome:
        return Difference(want=want, found=_gravest(left or nearest), narrowing=tuple(narrowing))
    for label, test in _content_tests(want):
        left = [one for one in left if test(one)]
        narrowing.append((label, len(left)))
        nearest = left or nearest
    return None if left else Difference(want=want, found=_gravest(nearest), narrowing=tuple(narrowing))


def _gravest(found: Sequence[Found]) -> Found | None:
    return max(found, key=lambda one: _GRAVITY[one.outcome], default=None)


def _covers(want: Want, one: Found) -> bool:
    return all(test(one) for _, test in (*_place_tests(want), *_content_tests(want)))


_Test = Callable[[Found], bool]


def _place_tests(want: Want) -> list[tuple[str, _Test]]:
    """Give the tests of where a thing comes from, in the order in which a reader narrows down."""
    tests: list[tuple[str, _Test]] = []
    if want.policy is not None:
        tests.append((f"policy `{want.policy}`", lambda one: one.policy == want.policy))
    if want.binding is not None:
        tests.append((f"binding `{want.binding}`", lambda one: one.binding == want.binding))
    if want.validation is not None:
        tests.append((f"validation {want.validation}", lambda one: one.validation == want.validation))
    return tests


def _content_tests(want: Want) -> list[tuple[str, _Test]]:
    tests: list[tuple[str, _Test]] = [(f"outcome {want.outcome}", lambda one: one.outcome is want.outcome)]
    if want.message is not None:
        tests.append(("this message", lambda one: one.message == want.message))
    if want.pattern is not None:
        pattern = want.pattern
        tests.append((f"a message matching `{pattern.pattern}`", lambda one: bool(pattern.search(one.message))))
    if want.reason is not None:
        tests.append((f"reason {want.reason}", lambda one: one.reason == want.reason))
    return tests
