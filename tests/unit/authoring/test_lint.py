"""Findings about policies stand at the faulty part, however the file is written."""

from __future__ import annotations

import json

import pytest

from policy_engine.authoring.lint import Finding, lint
from policy_engine.sources.document import Document
from policy_engine.sources.reading import DocumentReader

HEAD = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
"""


def findings(*texts: str, version: str = "1.36") -> list[Finding]:
    reader = DocumentReader()
    documents = [
        entry
        for number, text in enumerate(texts)
        for entry in reader.read(f"{number}.yaml", text.encode())
        if isinstance(entry, Document)
    ]
    return lint(documents, version=version)


def pointed_at(finding: Finding) -> str:
    """Give the text from the caret on."""
    assert finding.mistake.excerpt is not None
    text, column = finding.mistake.excerpt
    return text[column - 1 :]


@pytest.mark.parametrize(
    ("written", "pointed"),
    [
        pytest.param("- expression: objekt.x == 1", "objekt.x == 1", id="plain"),
        pytest.param("- expression: 'true && objekt.x == ''a'''", "objekt.x == ''a'''", id="single quotes"),
        pytest.param('- expression: "true && \\"a\\" == objekt.x"', 'objekt.x"', id="double quotes"),
        pytest.param("- expression: |\n      true &&\n        objekt.x == 1", "objekt.x == 1", id="literal block"),
        pytest.param("- expression: >-\n      true &&\n      objekt.x == 1", "objekt.x == 1", id="folded block"),
        pytest.param("- expression: true &&\n      objekt.x == 1", "objekt.x == 1", id="plain over two lines"),
    ],
)
def test_the_caret_stands_under_the_faulty_part(written: str, pointed: str) -> None:
    (finding,) = findings(HEAD + "  validations:\n  " + written + "\n")
    assert finding.mistake.message == (
        "spec.validations[0].expression: undeclared reference to 'objekt' (in container '')"
    )
    assert finding.mistake.help == "did you mean `object`?"
    assert pointed_at(finding) == pointed


def test_the_caret_is_right_in_json_too() -> None:
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "p"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["pods"]}
                ]
            },
            "validations": [{"expression": 'true &&\n"é😀" == objekt.x'}],
        },
    }
    (finding,) = findings(json.dumps(policy, indent=1))
    assert pointed_at(finding) == 'objekt.x"'


def test_all_faults_of_all_expressions_are_told_in_order_of_place() -> None:
    text = (
        HEAD
        + "  variables:\n  - {name: a, expression: nope}\n  validations:\n  - expression: size(1) > 0 && x == 1\n"
    )
    assert [finding.mistake.message.partition(": ")[0] for finding in findings(text)] == [
        "spec.variables[0].expression",
        "spec.validations[0].expression",
        "spec.validations[0].expression",
    ]


def test_the_api_servers_own_rules_are_told_in_its_words_at_their_line() -> None:
    (finding,) = findings(HEAD + '  failurePolicy: Never\n  validations:\n  - expression: "true"\n')
    assert finding.mistake.message == (
        'spec.failurePolicy: Unsupported value: "Never": supported values: "Fail", "Ignore"'
    )
    assert finding.mistake.line == 7
    assert finding.server == finding.mistake.message


def test_a_missing_field_is_told_at_its_nearest_ancestor() -> None:
    *_, finding = findings(HEAD)
    assert finding.mistake.message.startswith("spec.validations: Required value")
    assert pointed_at(finding) == "spec:"


def test_a_misspelt_field_is_told_with_what_may_be_meant() -> None:
    (finding,) = findings(HEAD + '  validations:\n  - {expression: "true", mesage: x}\n')
    assert 'unknown field "spec.validations[0].mesage"' in finding.mistake.message
    assert finding.mistake.help == "did you mean `message`?"


def test_a_binding_is_checked_too() -> None:
    (finding,) = findings(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n"
        "metadata: {name: b}\nspec: {policyName: p}\n"
    )
    assert (
        finding.mistake.message
        == "spec.validationActions: Required value: at least one validation action is required"
    )


def test_two_policies_of_one_name_are_told_with_both_places() -> None:
    text = HEAD + '  validations:\n  - expression: "true"\n'
    (finding,) = findings(text, "# a comment\n" + text)
    assert finding.mistake.path == "1.yaml"
    assert finding.mistake.message == "a second ValidatingAdmissionPolicy named `p`: the first is at 0.yaml:1"


def test_a_function_that_came_later_is_refused_for_an_older_kubernetes() -> None:
    text = HEAD + "  validations:\n  - expression: isSemver('1.0.0')\n"
    assert findings(text) == []
    (finding,) = findings(text, version="1.30")
    assert "undeclared reference to 'isSemver'" in finding.mistake.message


def test_objects_of_other_kinds_are_left_alone() -> None:
    assert findings("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n") == []
