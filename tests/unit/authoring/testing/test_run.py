"""Test files are run: what passes, what fails, and what is a mistake."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from policy_engine.authoring.mistakes import Mistake
from policy_engine.authoring.testing.run import CaseResult, FileResult, run_file

POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: limits}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: ["*"], resources: [deployments, deployments/scale]}
  matchConditions:
  - name: not-exempt
    expression: "object == null || !('exempt' in object.metadata.?labels.orValue({}))"
  validations:
  - {expression: "object == null || object.spec.replicas <= 5", message: too many, reason: Forbidden}
  - expression: "object == null || oldObject == null || object.spec.replicas >= oldObject.spec.replicas"
    messageExpression: "'from ' + string(oldObject.spec.replicas)"
"""

USER_POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: admins}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]
  validations:
  - {expression: "request.userInfo.username == 'admin'", message: only admin may}
"""

DEPLOYMENT = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}"


def run(folder: Path, cases: str, *, head: str = "", policy: str = POLICY, common: str = DEPLOYMENT) -> FileResult:
    """Run a test file with these cases. common: the object of all requests."""
    (folder / "p.yaml").write_text(policy)
    text = f"apiVersion: polgate.io/v1alpha1\nkind: PolicyTest\nrequest: {{object: {common}}}\n"
    file = folder / "p.test.yaml"
    file.write_text(text + textwrap.dedent(head) + "cases:\n" + textwrap.indent(cases, "  "))
    return run_file(str(file), version="1.36", selects=lambda name: True)


def run_case(
    folder: Path, case: str, *, head: str = "", policy: str = POLICY, common: str = DEPLOYMENT
) -> CaseResult:
    """Run a test file with one case that has no mistakes."""
    result = run(folder, f"- {{name: it, {case}}}\n", head=head, policy=policy, common=common)
    assert [mistake.render() for mistake in result.mistakes] == []
    (case_result,) = result.results
    return case_result


def at(mistake: Mistake) -> str:
    """Give the word that a mistake points at, and a colon."""
    assert mistake.excerpt is not None
    text, column = mistake.excerpt
    return re.split(r"[:,}\]]", text[column - 1 :])[0] + ":"


def replicas(count: int, of: str = "object") -> str:
    return f"{of}: {{patch: [{{op: replace, path: /spec/replicas, value: {count}}}]}}"


@pytest.mark.parametrize(
    "case",
    [
        pytest.param("want: allow", id="nothing found"),
        pytest.param(f"want: deny, request: {{{replicas(6)}}}", id="denied"),
        pytest.param(
            f"want: {{outcome: deny, policy: limits, binding: bound-by-default, validation: 0, message: too many,"
            f" reason: Forbidden}}, request: {{{replicas(6)}}}",
            id="denied with everything said",
        ),
        pytest.param(
            f"want: {{outcome: deny, validation: too many, messageMatches: ^too}}, request: {{{replicas(6)}}}",
            id="a validation by its message",
        ),
        pytest.param(
            f"want: {{outcome: deny, validation: 'object == null || object.spec.replicas <= 5'}},"
            f" request: {{{replicas(6)}}}",
            id="a validation by its expression",
        ),
        pytest.param(
            f"want: {{outcome: deny, validation: 1, message: from 3}},"
            f" request: {{oldObject: {DEPLOYMENT}, {replicas(2)}}}",
            id="UPDATE",
        ),
        pytest.param(
            "want: {outcome: error, messageMatches: 'no such key: replicas'},"
            " request: {object: {patch: [{op: remove, path: /spec/replicas}]}}",
            id="an error is no denial",
        ),
        pytest.param("want: allow, request: {operation: DELETE}", id="DELETE of the common object"),
        pytest.param(
            "want: skip, request: {object: {patch: [{op: add, path: /metadata/labels, value: {exempt: x}}]}}",
            id="left out by a condition",
        ),
        pytest.param("want: skip, request: {resource: {resource: pods}}", id="another resource"),
        pytest.param("want: skip, request: {subresource: status}", id="another subresource"),
        pytest.param(
            "want: deny, request: {subresource: scale,"
            " resource: {group: apps, version: v1, resource: deployments},"
            " object: {apiVersion: autoscaling/v1, kind: Scale, metadata: {name: web}, spec: {replicas: 9}}}",
            id="a subresource with a kind of its own",
        ),
    ],
)
def test_a_case_passes_when_all_that_is_wanted_is_found(case: str, tmp_path: Path) -> None:
    assert run_case(tmp_path, case).differences == ()


@pytest.mark.parametrize(
    "case",
    [
        pytest.param("want: deny", id="nothing is denied"),
        pytest.param(f"want: allow, request: {{{replicas(6)}}}", id="something is denied"),
        pytest.param("want: allow, request: {subresource: status}", id="not judged is not allowed"),
        pytest.param("want: skip", id="judged is not skipped"),
        pytest.param(f"want: warn, request: {{{replicas(6)}}}", id="denied is not warned"),
        pytest.param(f"want: error, request: {{{replicas(6)}}}", id="a denial is no error"),
        pytest.param(
            "want: deny, request: {object: {patch: [{op: remove, path: /spec/replicas}]}}",
            id="an error is no denial",
        ),
        pytest.param(f"want: {{outcome: deny, message: too}}, request: {{{replicas(6)}}}", id="part of a message"),
        pytest.param(
            f"want: {{outcome: deny, messageMatches: ^many}}, request: {{{replicas(6)}}}", id="no such message"
        ),
        pytest.param(f"want: {{outcome: deny, reason: Invalid}}, request: {{{replicas(6)}}}", id="another reason"),
        pytest.param(
            f"want: {{outcome: deny, validation: 1}}, request: {{{replicas(6)}}}", id="another validation"
        ),
    ],
)
def test_a_case_fails_when_something_else_is_found(case: str, tmp_path: Path) -> None:
    assert run_case(tmp_path, case).differences != ()


def test_a_finding_that_is_not_wanted_fails_a_case(tmp_path: Path) -> None:
    old = DEPLOYMENT.replace("3", "8")
    case = f"want: {{outcome: deny, validation: 0}}, request: {{oldObject: {old}, {replicas(6)}}}"
    (difference,) = run_case(tmp_path, case).differences
    assert difference.want is None
    assert difference.found is not None
    assert difference.found.message == "from 8"


def test_several_findings_can_be_wanted(tmp_path: Path) -> None:
    old = DEPLOYMENT.replace("3", "8")
    wants = "[{outcome: deny, validation: 0}, {outcome: deny, message: from 8}]"
    assert run_case(tmp_path, f"want: {wants}, request: {{oldObject: {old}, {replicas(6)}}}").passed


@pytest.mark.parametrize(
    ("actions", "outcome"),
    [
        ("[Deny]", "deny"),
        ("[Warn]", "warn"),
        ("[Audit]", "audit"),
        ("[Warn, Audit]", "warn"),
        ("[Deny, Audit]", "deny"),
    ],
)
def test_the_outcome_is_what_the_binding_makes_of_a_failure(actions: str, outcome: str, tmp_path: Path) -> None:
    binding = f"""
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: bound}}
spec: {{policyName: limits, validationActions: {actions}}}
"""
    case = f"want: {{outcome: {outcome}, binding: bound}}, request: {{{replicas(6)}}}"
    assert run_case(tmp_path, case, policy=POLICY + binding).passed


@pytest.mark.parametrize(
    ("user", "want"),
    [
        ("", "{outcome: skip, messageMatches: who asks}"),
        ("userInfo: {username: bob, groups: [dev]}", "{outcome: deny, message: only admin may}"),
        ("userInfo: {username: admin}", "allow"),
    ],
)
def test_who_asks_is_known_only_when_a_case_says_so(user: str, want: str, tmp_path: Path) -> None:
    assert run_case(tmp_path, f"want: {want}, request: {{{user}}}", policy=USER_POLICY).differences == ()


@pytest.mark.parametrize(
    ("authorizer", "want"),
    [
        ("", "skip"),
        ("authorizer: allow", "allow"),
        ("authorizer: deny", "deny"),
        ("authorizer: [{verb: get, resource: pods, namespace: '*', name: '*', decision: allow}]", "allow"),
        ("authorizer: [{verb: get, resource: nodes, decision: allow}]", "deny"),
    ],
)
def test_an_authorizer_answers_as_a_case_says(authorizer: str, want: str, tmp_path: Path) -> None:
    expression = "authorizer.group('').resource('pods').namespace(request.namespace).check('get').allowed()"
    policy = USER_POLICY.replace("request.userInfo.username == 'admin'", expression)
    case = f"want: {want}, request: {{userInfo: {{username: bob}}}}, {authorizer}"
    assert run_case(tmp_path, case, policy=policy).differences == ()


@pytest.mark.parametrize(
    ("case", "want"),
    [
        ("request: {namespaceLabels: {env: prod}}", "deny"),
        ("request: {namespaceLabels: {env: test}}", "allow"),
        ("request: {}", "skip"),
    ],
)
def test_labels_of_the_namespace_are_known_only_when_a_case_says_so(case: str, want: str, tmp_path: Path) -> None:
    expression = "namespaceObject.metadata.labels['env'] != 'prod'"
    policy = USER_POLICY.replace("request.userInfo.username == 'admin'", expression)
    assert run_case(tmp_path, f"want: {want}, {case}", policy=policy).differences == ()


PARAM_POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: limits}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]
  validations:
  - {expression: "object.spec.replicas <= int(params.data.max)"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: bound}
spec:
  policyName: limits
  validationActions: [Deny]
  paramRef: {name: limits, parameterNotFoundAction: Deny}
"""


def config_map(most: int) -> str:
    metadata = "{name: limits, namespace: default}"
    return f"{{apiVersion: v1, kind: ConfigMap, metadata: {metadata}, data: {{max: '{most}'}}}}"


@pytest.mark.parametrize(
    ("head", "case", "want"),
    [
        (f"params: [{config_map(3)}]\n", "", "allow"),
        (f"params: [{config_map(2)}]\n", "", "deny"),
        (f"params: [{config_map(2)}]\n", f"params: [{config_map(9)}]", "allow"),
        ("", "", "{outcome: error, messageMatches: no params found}"),
    ],
)
def test_params_come_from_the_file_or_the_case(head: str, case: str, want: str, tmp_path: Path) -> None:
    assert run_case(tmp_path, f"want: {want}, {case}", head=head, policy=PARAM_POLICY).differences == ()


def test_a_whole_review_takes_nothing_from_the_common_request(tmp_path: Path) -> None:
    review = """
    {apiVersion: admission.k8s.io/v1, kind: AdmissionReview, request: {
      uid: u, operation: CREATE, name: p, namespace: shop, userInfo: {username: admin},
      kind: {group: '', version: v1, kind: Pod}, resource: {group: '', version: v1, resource: pods},
      object: {apiVersion: v1, kind: Pod, metadata: {name: p}}}}
    """
    assert run_case(tmp_path, f"want: allow, request: {{review: {review}}}", policy=USER_POLICY).differences == ()


def test_a_case_can_be_judged_by_some_policies_only(tmp_path: Path) -> None:
    both = POLICY + "---" + USER_POLICY
    assert run_case(tmp_path, "want: allow, policies: [limits]", policy=both).passed
    assert run_case(tmp_path, "want: {outcome: skip, policy: admins}", policy=both).passed


def test_a_policy_of_audit_annotations_alone_allows(tmp_path: Path) -> None:
    policy = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: notes}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]
  auditAnnotations: [{key: name, valueExpression: "'x'"}]
"""
    assert run_case(tmp_path, "want: allow", policy=policy).passed


@pytest.mark.parametrize(
    ("cases", "mistakes"),
    [
        pytest.param(
            "- {name: a, want: {outcome: deny, policy: limit}}",
            ["policy: no policy `limit` (did you mean `limits`?)"],
            id="policy",
        ),
        pytest.param(
            "- {name: a, want: {outcome: deny, binding: bond}}",
            ["binding: no binding `bond` (there are: `bound-by-default`)"],
            id="binding",
        ),
        pytest.param(
            "- {name: a, want: {outcome: deny, validation: 2}}",
            ["validation: no validation 2: there are 2, counted from 0 ()"],
            id="index of a validation",
        ),
        pytest.param(
            "- {name: a, want: {outcome: deny, validation: to many}}",
            ["validation: no validation `to many` (did you mean `too many`?)"],
            id="text of a validation",
        ),
        pytest.param(
            "- {name: a, want: denny}", ["want: unknown outcome `denny` (did you mean `deny`?)"], id="outcome"
        ),
        pytest.param(
            "- {name: a}",
            [
                "{name: the case wants nothing, so it would pass whatever happens"
                " (say `want:` one of `skip`, `allow`, `audit`, `warn`, `deny`, `error`)"
            ],
            id="nothing wanted",
        ),
        pytest.param(
            "- {name: a, want: []}",
            [
                "{name: the case wants nothing, so it would pass whatever happens"
                " (say `want:` one of `skip`, `allow`, `audit`, `warn`, `deny`, `error`)"
            ],
            id="an empty list wanted",
        ),
        pytest.param(
            "- {name: a, want: allow, reqest: {}}",
            ["reqest: unknown field `reqest` (did you mean `request`?)"],
            id="field",
        ),
        pytest.param(
            "- {name: a, want: allow, request: {operation: CREAT}}",
            ["operation: unknown operation `CREAT` (did you mean `CREATE`?)"],
            id="operation",
        ),
        pytest.param(
            "- {name: a, want: {outcome: deny, messageMatches: '('}}",
            [
                "messageMatches: `messageMatches` is no regular expression:"
                " missing ), unterminated subpattern at position 0 ()"
            ],
            id="regular expression",
        ),
        pytest.param(
            "- {name: a, want: allow}\n- {name: a, want: allow}", ["name: two cases are named `a` ()"], id="name"
        ),
        pytest.param("[]", ["cases: `cases` is empty: a file that tests nothing cannot pass ()"], id="no cases"),
        pytest.param(
            "- {name: a, want: allow, policies: [limit]}",
            ["limit: no policy `limit` (did you mean `limits`?)"],
            id="policy that judges",
        ),
        pytest.param(
            "- {name: a, want: allow, request: {operation: UPDATE}}",
            ["request: an UPDATE needs an object and an oldObject ()"],
            id="UPDATE without the old object",
        ),
        pytest.param(
            "- {name: a, want: allow, request: {operation: CREATE, oldObject: {file: p.yaml}}}",
            ["request: a CREATE has no oldObject ()"],
            id="CREATE with an old object",
        ),
        pytest.param(
            "- {name: a, want: allow, request: {review: null}}",
            ["request: `review`: expected an AdmissionReview with a `request` ()"],
            id="no review",
        ),
        pytest.param(
            "- {name: a, want: allow, request: {object: {file: pod.yaml}}}",
            ["file: `pod.yaml`: cannot be read: no such file or directory ()"],
            id="file",
        ),
        pytest.param(
            "- {name: a, want: maybe}\n- {name: b}",
            [
                "want: unknown outcome `maybe` (there are: `skip`, `allow`, `audit`, `warn`, `deny`, `error`)",
                "{name: the case wants nothing, so it would pass whatever happens"
                " (say `want:` one of `skip`, `allow`, `audit`, `warn`, `deny`, `error`)",
            ],
            id="several at once",
        ),
    ],
)
def test_a_mistake_in_a_test_file_is_told_at_its_place_and_nothing_is_run(
    cases: str, mistakes: list[str], tmp_path: Path
) -> None:
    result = run(tmp_path, cases + "\n")
    told = [f"{at(mistake)} {mistake.message} ({mistake.help})" for mistake in result.mistakes]
    assert told == mistakes
    assert result.results == ()


def test_a_policy_that_the_api_server_would_refuse_is_not_tested(tmp_path: Path) -> None:
    result = run(tmp_path, "- {name: a, want: allow}\n", policy=POLICY.replace("<= 5", "<= 'x' + 1"))
    (mistake,) = result.mistakes
    assert mistake.path.endswith("p.yaml")
    assert "found no matching overload for '_+_' applied to '(string, int)'" in mistake.message


def test_a_test_file_without_a_policy_beside_it_says_where_it_looked(tmp_path: Path) -> None:
    file = tmp_path / "q.test.yaml"
    file.write_text("{apiVersion: polgate.io/v1alpha1, kind: PolicyTest, cases: [{name: a, want: allow}]}")
    (mistake,) = run_file(str(file), version="1.36", selects=lambda name: True).mistakes
    assert mistake.message == "no policy beside this file: expected `q.yaml` or `policy.yaml`"


def test_only_selected_cases_are_run_but_all_are_counted(tmp_path: Path) -> None:
    run(tmp_path, "- {name: one, want: allow}\n- {name: two, want: allow}\n")
    result = run_file(str(tmp_path / "p.test.yaml"), version="1.36", selects=lambda name: name.endswith("two"))
    assert [case.name for case in result.results] == ["two"]
    assert result.cases == 2


def test_a_test_file_may_say_which_kubernetes_its_policy_is_for(tmp_path: Path) -> None:
    policy = POLICY.replace("object == null || object.spec.replicas <= 5", "isSemver('1.0.0')")
    assert run_case(tmp_path, "want: allow", policy=policy).passed
    old = run(tmp_path, "- {name: a, want: allow}\n", policy=policy, head="kubernetesVersion: '1.30'\n")
    assert "undeclared reference to 'isSemver'" in old.mistakes[0].message


def test_a_namespace_of_the_file_has_the_label_that_the_server_adds(tmp_path: Path) -> None:
    head = "namespaces: [{apiVersion: v1, kind: Namespace, metadata: {name: default}}]\n"
    policy = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  matchConstraints:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}
    resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]
  validations: [{expression: "false", message: refused}]
"""
    assert run_case(tmp_path, "want: deny", head=head, policy=policy).passed
