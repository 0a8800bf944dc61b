"""The type checker: all findings at once, each at its place, with a name that may have been meant."""

from __future__ import annotations

import pytest

from policy_engine.admission.environment import admission_environment
from policy_engine.cel.errors import CompileError
from policy_engine.cel.types import BOOL, STRING

ENVIRONMENT = admission_environment("1.36")


def refusal(text: str, **options: object) -> CompileError:
    with pytest.raises(CompileError) as caught:
        ENVIRONMENT.compile(text, **options)  # type: ignore[arg-type]
    return caught.value


def test_tells_everything_that_is_wrong_in_the_order_of_the_text() -> None:
    error = refusal("objct.a == 1 && request.nme == 'x' && 1 + 'a' == 2")
    assert [issue.message for issue in error.issues] == [
        "undeclared reference to 'objct' (in container '')",
        "undefined field 'nme'",
        "found no matching overload for '_+_' applied to '(int, string)'",
    ]
    assert [issue.suggestion for issue in error.issues] == ["object", "name", ""]
    assert [tuple(issue.position(error.source)) for issue in error.issues] == [(1, 1), (1, 24), (1, 41)]


def test_shows_the_place_as_kubernetes_does() -> None:
    assert refusal("object.a ==\n  nope").message == (
        "compilation failed: ERROR: <input>:2:3: undeclared reference to 'nope' (in container '')\n"
        " |   nope\n"
        " | ..^"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [("object.flag", "dyn"), ("1", "int"), ("[true]", "list(bool)"), ("optional.of(true)", "optional_type(bool)")],
)
def test_a_validation_has_to_be_exactly_bool(text: str, found: str) -> None:
    assert refusal(text, returns=[BOOL]).message == f"must evaluate to bool but got {found}"


def test_one_of_several_types_will_do() -> None:
    ENVIRONMENT.compile("string(object.a)", returns=[STRING, BOOL])


def test_functions_are_suggested_too() -> None:
    assert [issue.suggestion for issue in refusal("object.name.startWith('a')").issues] == ["startsWith"]


def test_what_was_compiled_once_is_compiled_once() -> None:
    assert ENVIRONMENT.compile("object.a == 1") is ENVIRONMENT.compile("object.a == 1")
    assert ENVIRONMENT.extend(variables={}) is ENVIRONMENT.extend(variables={})
