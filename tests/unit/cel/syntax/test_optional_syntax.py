"""Optional syntax came with Kubernetes 1.28; before, it is refused where it stands."""

from __future__ import annotations

import pytest

from policy_engine.cel.environment import Environment
from policy_engine.cel.errors import CompileError
from policy_engine.cel.types import DYN


@pytest.mark.parametrize(
    ("text", "place", "written"),
    [
        ("object.?a", (1, 7), ".?"),
        ("object[?'a']", (1, 7), "[?"),
        ("[?object]", (1, 2), "?"),
        ("{?'a': object}", (1, 2), "?"),
    ],
)
def test_is_refused_where_kubernetes_does_not_know_it(text: str, place: tuple[int, int], written: str) -> None:
    with pytest.raises(CompileError) as caught:
        Environment.kubernetes("1.27").extend(variables={"object": DYN}).compile(text)
    issue = caught.value.issues[0]
    assert issue.message == f"unsupported syntax '{written}'"
    assert tuple(issue.position(caught.value.source)) == place
    Environment.kubernetes("1.28").extend(variables={"object": DYN}).compile(text)
