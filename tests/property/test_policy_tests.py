"""Whatever stands in a test file or a case, there is an answer and never a crash."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_engine.authoring.fields import Problem
from policy_engine.authoring.testing.decode import decode
from policy_engine.authoring.testing.run import run_file
from policy_engine.cli.json_lines import answer_lines

KEYS = st.sampled_from(
    [
        *(
            "apiVersion",
            "kind",
            "metadata",
            "policies",
            "objects",
            "params",
            "namespaces",
            "request",
            "authorizer",
        ),
        *("kubernetesVersion", "cases", "name", "want", "object", "oldObject", "operation", "userInfo", "review"),
        *("file", "base", "patch", "document", "op", "path", "value", "outcome", "message", "messageMatches"),
        *("validation", "policy", "binding", "decision", "verb", "resource", "namespaceLabels"),
    ]
)
WORDS = st.sampled_from(
    ["polgate.io/v1alpha1", "PolicyTest", "allow", "deny", "add", "/a", "pod", "CREATE", "(", ""]
)
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | WORDS | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)
OBJECTS = (
    st.dictionaries(KEYS, VALUES, max_size=3).map(lambda rest: {**rest, "apiVersion": "v1", "kind": "Pod"})
    | st.sampled_from(
        ["pod", "other", None, {"base": "pod"}, {"base": "pod", "patch": [{"op": "remove", "path": "/a"}]}]
    )
    | VALUES
)
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "object": OBJECTS,
        "oldObject": OBJECTS,
        "review": OBJECTS,
        "operation": st.sampled_from(["CREATE", "UPDATE", "DELETE", "CONNECT"]),
        "userInfo": st.sampled_from([{}, {"username": "u"}, {"extra": {"a": 1}}, {"groups": []}]) | VALUES,
        "kind": st.sampled_from([{"kind": "X"}, {"group": "g", "version": "v"}]),
        "resource": st.sampled_from([{"resource": "x"}, {"group": "g"}]),
        "subresource": WORDS,
        "namespace": WORDS,
        "name": WORDS,
        "namespaceLabels": st.sampled_from([{}, {"a": "b"}]),
        "options": st.dictionaries(KEYS, VALUES, max_size=2),
        "dryRun": st.booleans(),
    },
)
WANTS = st.sampled_from(["allow", "deny", "skip", "error"]) | VALUES
OURS = {"apiVersion": "polgate.io/v1alpha1", "kind": "PolicyTest"}
POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]
  validations: [{expression: object.spec.a == 1}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tests")
    (made / "policy.yaml").write_text(POLICY)
    return made


@given(st.dictionaries(KEYS, VALUES, max_size=8).map(lambda document: {**document, **OURS}))
def test_reading_any_document_tells_what_is_wrong(document: dict[str, Any]) -> None:
    problems: list[Problem] = []
    test = decode(document, problems)
    assert problems or (test is not None and all(case.wants for case in test.cases))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=REQUESTS, want=WANTS, objects=st.dictionaries(st.sampled_from(["pod", "other"]), OBJECTS))
def test_a_file_is_run_or_its_mistakes_are_told(request: Any, want: Any, objects: Any, folder: Path) -> None:
    document = {**OURS, "objects": objects, "cases": [{"name": "a", "request": request, "want": want}]}
    file = folder / "a.test.yaml"
    file.write_text(json.dumps(document))
    result = run_file(str(file), version="1.36", selects=lambda name: True)
    assert bool(result.mistakes) != bool(result.results)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=60) | st.text(alphabet="{}[]:,-&*!|>'\" \nab", max_size=40).map(str.encode))
def test_any_bytes_are_a_mistake_and_no_crash(data: bytes, folder: Path) -> None:
    file = folder / "b.test.yaml"
    file.write_bytes(data)
    assert run_file(str(file), version="1.36", selects=lambda name: True).mistakes


@given(st.binary(max_size=80))
def test_any_bytes_as_json_lines_are_answered_line_by_line(data: bytes) -> None:
    received = io.BytesIO()
    answer_lines(io.BytesIO(data), received, lambda case: {"answer": 1})
    lines = data.split(b"\n")
    wanted = len(lines) - (lines[-1] == b"")
    assert len(received.getvalue().splitlines()) == wanted
