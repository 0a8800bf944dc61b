"""The webhook says what the API server itself says by the same policy, to the letter.

Each edge case of the shared data is played on two clusters alike: one judges by its own
ValidatingAdmissionPolicies, the other asks the webhook, which has the same policies from files. A case has
namespaces and names of its own, the same on both sides.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from policy_engine.admission.audit import FAILURE_KEY
from policy_engine.records import record
from tests.e2e.cluster import Answer, Cluster
from tests.e2e.processes import eventually
from tests.e2e.server import REGISTRATION, Object, Webhook, binding, config_map, denial, policy, rule, tries

pytest_plugins = ["tests.e2e.webhook_fixtures"]

POLICIES = f"/apis/{REGISTRATION}/validatingadmissionpolicies"
BINDINGS = f"/apis/{REGISTRATION}/validatingadmissionpolicybindings"
FAILURES = FAILURE_KEY.rpartition("/")[2]
DENIAL = re.compile(r".*?(ValidatingAdmissionPolicy '.*)", re.DOTALL)
WEBHOOK = re.compile(r"(?:fail|ignore)\.polgate\.io/")

# Why a case cannot be played, and how many cannot: found out by asking the API server, not by a list of cases.
REFUSED_POLICY = "its policy or binding is refused by the API server's own validation"
REFUSED_OBJECT = "its object is refused by the API server, whatever policies say"
NOBODY = "its request comes from nobody, and an API server has a name for everybody"
LEFT_OUT = {REFUSED_POLICY: 14, NOBODY: 1}


def _own(id: str, version: str, constraints: Object, **spec: object) -> str:
    """Write a case of our own: somebody creates a HorizontalPodAutoscaler of a version.

    The two versions differ, so that only an API server can make one of the other.
    """
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metadata = {"name": "p", "namespace": "default"}
    request: Object = {
        "operation": "CREATE",
        "group": "autoscaling",
        "version": version,
        "resource": "horizontalpodautoscalers",
        "subresource": "",
        "namespace": "default",
        "name": "p",
        "userInfo": {"username": "alice"},
        "object": {"metadata": metadata, "spec": {"maxReplicas": 9, "scaleTargetRef": target}},
        "oldObject": None,
    }
    said = (
        "object.apiVersion + ' ' + request.kind.version + ' ' + request.resource.version + ' ' +"
        " request.requestKind.version + ' ' + request.requestResource.version + (has(object.spec.metrics) ?"
        " ' with metrics' : ' without metrics')"
    )
    rules = [rule("horizontalpodautoscalers", group="autoscaling", version="v1")]
    written = policy(
        "pol",
        rules,
        {"expression": "false", "messageExpression": said},
        matchConstraints={"resourceRules": rules, **constraints},
        **spec,
    )
    bound = {"metadata": {"name": "bind"}, "spec": {"policyName": "pol", "validationActions": ["Deny"]}}
    bound |= {"apiVersion": REGISTRATION, "kind": "ValidatingAdmissionPolicyBinding"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {"a": "b"}}}
    case = {"id": id, "policy": written, "bindings": [bound], "params": [], "namespaces": [namespace]}
    return json.dumps({**case, "request": request})


def _asked_for(version: str) -> Object:
    return {"matchConditions": [{"name": "asked-for", "expression": f"request.resource.version == '{version}'"}]}


OWN = (
    _own("version/as-asked", "v1", {}),
    _own("version/converted", "v2", {}),
    _own("version/converted-exact", "v2", {"matchPolicy": "Exact"}),
    _own("version/as-asked-exact", "v1", {"matchPolicy": "Exact"}),
    _own("version/converted-condition-met", "v2", {}, **_asked_for("v2")),
    _own("version/converted-condition-not-met", "v2", {}, **_asked_for("v1")),
)


@record
class Case:
    """One case, with names that nothing else has."""

    id: str
    policy: Object
    bindings: tuple[Object, ...]
    params: tuple[Object, ...]
    namespaces: tuple[Object, ...]
    request: Object

    @classmethod
    def read(cls, number: int, line: str) -> Case:
        own = f"case-{number:02}"
        # What the suites write is refused, and means the same.
        line = line.replace('"resources":["*","*/*"]', '"resources":["*/*"]')
        line = re.sub(r"(['\"])(default|other|n1)\1", rf"\1{own}-\2\1", line)
        found = json.loads(line)
        names = [f"{own}-default", f"{own}-other", f"{own}-n1"]
        here = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": names}
        found["policy"]["metadata"]["name"] = own
        for bound in found["bindings"]:
            bound["metadata"]["name"] += f"-{number:02}"
            bound["spec"]["policyName"] = own
            selector = bound["spec"].setdefault("matchResources", {}).setdefault("namespaceSelector", {})
            selector.setdefault("matchExpressions", []).append(here)
        for namespace in found["namespaces"]:
            namespace["metadata"]["labels"].pop("kubernetes.io/metadata.name", None)
        return cls(
            found["id"],
            found["policy"],
            tuple(found["bindings"]),
            tuple(found["params"]),
            tuple(found["namespaces"]),
            found["request"],
        )

    @property
    def path(self) -> str:
        """Give the path of the request's resource."""
        if self.request["resource"] == "namespaces":
            return "/api/v1/namespaces"
        group, version = self.request["group"], self.request["version"]
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        return f"{root}/namespaces/{self.request['namespace']}/{self.request['resource']}"

    @property
    def target(self) -> str:
        """Give the path that the request goes to."""
        if self.request["operation"] == "CREATE":
            return self.path
        return "/".join([self.path, self.request["name"], *filter(None, [self.request["subresource"]])])

    @property
    def method(self) -> str:
        """Give the request's method."""
        return {"CREATE": "POST", "UPDATE": "PUT", "DELETE": "DELETE"}[self.request["operation"]]

    def play(self, cluster: Cluster, *, query: str = "") -> Answer:
        """Make the request."""
        made = self.request["object"]
        if self.request["operation"] == "CREATE" and not self.request["name"]:
            made = made | {"metadata": {"generateName": "web-"} | made["metadata"]}
        return cluster.request(self.method, f"{self.target}{query}", made)

    def why_not(self, cluster: Cluster) -> str | None:
        """Tell why it cannot be played, None where it can. A policy's dry run leaves nothing in force."""
        if not self.request["userInfo"].get("username"):
            return NOBODY
        asked = [(POLICIES, self.policy), *((BINDINGS, one) for one in self.bindings)]
        if any(cluster.request("POST", f"{path}?dryRun=All", one).status != 201 for path, one in asked):
            return REFUSED_POLICY
        return REFUSED_OBJECT if self.play(cluster, query="?dryRun=All").status >= 400 else None


@record
class Said:
    """What a client and an auditor are told, without what names the way that it took."""

    status: int
    reason: str
    message: str
    warnings: tuple[str, ...]
    audit: tuple[tuple[str, str], ...]


def played_on(cluster: Cluster, cases: Sequence[Case]) -> dict[str, Said]:
    """Play cases, and look up what the audit log has of each."""
    answers = [case.play(cluster) for case in cases]
    verbs = {"POST": "create", "PUT": "update", "DELETE": "delete"}

    def events() -> dict[tuple[str, str], dict[str, str]] | None:
        found = {(one["requestURI"], one["verb"]): one["annotations"] for one in cluster.audit_events()}
        return found if all((case.target, verbs[case.method]) in found for case in cases) else None

    audited = eventually(events)
    return {
        case.id: _said(case, answer, audited[case.target, verbs[case.method]])
        for case, answer in zip(cases, answers, strict=True)
    }


def _said(case: Case, answer: Answer, annotations: dict[str, str]) -> Said:
    body = answer.json()
    found = DENIAL.fullmatch(str(body.get("message", ""))) if answer.status >= 400 else None
    own = f"{case.policy['metadata']['name']}/"
    audit = {
        (WEBHOOK.sub("", key) if WEBHOOK.match(key) else _as_in_a_webhook(key)): _in_order(value)
        for key, value in annotations.items()
        if WEBHOOK.match(key) or key == FAILURE_KEY or key.startswith(own)
    }
    if FAILURES in audit:  # the API server tells the first failure alone, the webhook all of them
        audit[FAILURES] = json.dumps(json.loads(audit[FAILURES])[0])
    return Said(
        status=answer.status,
        reason=str(body.get("reason", "")) if answer.status >= 400 else "",
        # And so with denials.
        message=found[1].split("; ValidatingAdmissionPolicy '")[0] if found else str(body.get("message", "")),
        warnings=tuple(answer.headers.get_all("Warning", [])),
        audit=tuple(sorted(audit.items())),
    )


def _in_order(value: str) -> str:
    """Give the values of several params in order: a selector finds them in any."""
    return ", ".join(sorted(value.split(", "))) if re.fullmatch(r"[a-z](, [a-z])+", value) else value


def _as_in_a_webhook(key: str) -> str:
    return FAILURES if key == FAILURE_KEY else key.replace("/", ".")


class Sides:
    """Both clusters: `native` judges by itself, `asking` asks the webhook."""

    def __init__(self, native: Cluster, asking: Cluster, factory: pytest.TempPathFactory) -> None:
        self.native, self._asking, self._factory = native, asking, factory

    def play(self, cases: Sequence[Case]) -> dict[str, tuple[Said, Said]]:
        """Give for each case what the API server says by itself, and what it says after asking the webhook."""
        name = f"marker-{cases[0].policy['metadata']['name']}"
        marker = policy(name, rule("configmaps"), f"object.metadata.name != '{name}'")
        bound = binding(name, "default", labels={})
        policies = [*(case.policy for case in cases), marker]
        bindings = [*(one for case in cases for one in case.bindings), bound]
        files = self._factory.mktemp("policies")
        listed = {"apiVersion": "v1", "kind": "List", "items": [*policies, *bindings]}
        (files / "policies.json").write_text(json.dumps(listed))
        # One case uses up the whole budget of 10 million units, which takes Python seconds.
        options = ("--bindings-selector=none=none", "--webhook-timeout=30s")
        prepare(cases, self._asking)
        with Webhook(self._asking, self._factory.mktemp("webhook"), *options, files=files) as webhook:
            self.native.apply(*policies)
            self.native.apply(*bindings)
            try:
                eventually(lambda: denial(tries(self._asking, "default", config_map(name))))
                eventually(lambda: tries(self.native, "default", config_map(name)).status == 422)
                native, asking = played_on(self.native, cases), played_on(self._asking, cases)
            finally:
                # The marker goes last: once nobody sees it any more, nobody sees the others.
                for path in (BINDINGS, POLICIES):
                    self.native.request("DELETE", f"{path}?fieldSelector=metadata.name!={name}")
                    self.native.request("DELETE", f"{path}/{name}")
                eventually(lambda: tries(self.native, "default", config_map(name)).status == 201)
            assert webhook.complaints() == []
        return {case.id: (native[case.id], asking[case.id]) for case in cases}


@pytest.fixture(scope="module")
def sides(cluster: Cluster, cluster_without_policies: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Sides:
    return Sides(cluster, cluster_without_policies, tmp_path_factory)


@pytest.fixture(scope="module")
def every_case(shared: Path) -> tuple[Case, ...]:
    lines = (shared / "suites" / "vap" / "edge_cases.jsonl").read_text().splitlines()
    return tuple(Case.read(number, line) for number, line in enumerate(lines))


@pytest.fixture(scope="module")
def left_out(every_case: tuple[Case, ...], sides: Sides) -> dict[str, str]:
    """Give the cases that cannot be played, with the reason. Prepares all."""
    prepare(every_case, sides.native)
    return {case.id: why for case in every_case if (why := case.why_not(sides.native)) is not None}


@pytest.fixture(scope="module")
def played(every_case: tuple[Case, ...], left_out: dict[str, str], sides: Sides) -> dict[str, tuple[Said, Said]]:
    """Give what both sides say to each case that can be played."""
    return sides.play([case for case in every_case if case.id not in left_out])


def prepare(cases: Iterable[Case], cluster: Cluster) -> None:
    """Make what has to be there before the requests come, while no policy is in force."""
    namespaces = [namespace for case in cases for namespace in case.namespaces]
    cluster.apply(*namespaces, *(param for case in cases for param in case.params))
    for case in cases:
        old = case.request["oldObject"]
        if old and case.request["resource"] != "namespaces":
            answer = cluster.request("POST", case.path, old)
            assert answer.status == 201, answer.body


def test_every_case_that_can_be_played_is(left_out: dict[str, str], every_case: tuple[Case, ...]) -> None:
    assert Counter(left_out.values()) == LEFT_OUT
    assert len(every_case) == 72


def answer(said: Said) -> tuple[int, str, str, tuple[str, ...]]:
    return said.status, said.reason, said.message, said.warnings


def test_the_answer_to_the_client_is_the_same(played: dict[str, tuple[Said, Said]]) -> None:
    assert {id: both for id, both in played.items() if answer(both[0]) != answer(both[1])} == {}


def test_the_audit_log_has_the_same(played: dict[str, tuple[Said, Said]]) -> None:
    assert {id: both for id, both in played.items() if both[0].audit != both[1].audit} == {}


def test_the_cases_are_of_all_sorts(played: dict[str, tuple[Said, Said]]) -> None:
    natives = [native for native, _ in played.values()]
    assert {native.status for native in natives} == {200, 201, 403, 413, 422}
    assert any(native.warnings for native in natives)
    assert any(native.audit for native in natives)


def test_an_object_of_another_version_is_judged_as_the_version_that_rules_name(sides: Sides) -> None:
    cases = [Case.read(number, line) for number, line in enumerate(OWN, start=80)]
    prepare(cases, sides.native)

    both = sides.play(cases)

    assert {id: pair for id, pair in both.items() if answer(pair[0]) != answer(pair[1])} == {}
    assert {native.status for native, _ in both.values()} == {201, 422}
