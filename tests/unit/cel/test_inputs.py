"""What an expression reads."""

from __future__ import annotations

import pytest

from policy_engine.admission.environment import admission_environment

AUTHORIZED = "authorizer.requestResource.check('get').allowed()"
ENVIRONMENT = admission_environment("1.36")


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("object.spec.replicas > 1", {"object", "object.spec"}),
        ("has(request.userInfo.username)", {"request", "request.userInfo"}),
        ("object == oldObject", {"object", "object.*", "oldObject", "oldObject.*"}),
        ("object.items.all(object, object.a == 1)", {"object", "object.items"}),
        ("[1].all(x, x == params.limit)", {"params", "params.limit"}),
        (
            AUTHORIZED,
            {"authorizer.requestResource", "authorizer.requestResource.*"},
        ),
        ("type(object.a) == int", {"object", "object.a"}),
    ],
)
def test_gives_the_variables_and_their_first_fields(text: str, reads: set[str]) -> None:
    assert ENVIRONMENT.compile(text).reads == reads
