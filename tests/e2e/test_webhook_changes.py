"""What changes while the webhook runs counts at once: params, namespaces, policies, definitions, access."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.processes import eventually
from tests.e2e.server import (
    ENFORCE,
    REGISTRATION,
    Enforce,
    Object,
    Webhook,
    binding,
    config_map,
    denial,
    policy,
    rule,
    tries,
)

pytest_plugins = ["tests.e2e.webhook_fixtures"]

CONFIG_MAPS = {"apiVersion": "v1", "kind": "ConfigMap"}


@pytest.fixture(scope="session")
def cluster(cluster_without_policies: Cluster) -> Cluster:
    """Judge by the webhook alone."""
    return cluster_without_policies


@pytest.fixture(autouse=True)
def webhook(shared_webhook: Webhook) -> Iterator[Webhook]:
    """Have the server there, without anything to complain of."""
    yield shared_webhook
    assert shared_webhook.complaints() == []


def account(name: str = "any") -> Object:
    """Give something to be judged that is no param itself."""
    return {"metadata": {"name": name}}


def asks(cluster: Cluster, namespace: str, name: str = "any") -> str:
    """Give the denial of an account; nothing where it is admitted."""
    answer = tries(cluster, namespace, account(name), resource="serviceaccounts")
    assert answer.status == 201 or denial(answer), answer.body
    return denial(answer)


def by_params(name: str, kind: Object, **spec: object) -> Object:
    """Give a policy that forbids the name that a param has."""
    forbidden = {
        "expression": "object.metadata.name != params.data.forbidden",
        "messageExpression": "params.metadata.name + ' forbids ' + object.metadata.name",
    }
    return policy(name, rule("serviceaccounts"), forbidden, paramKind=kind, **spec)


def param(cluster: Cluster, namespace: str, name: str, forbidden: str, **labels: str) -> None:
    cluster.apply(
        config_map(name, labels, forbidden=forbidden)
        | {"metadata": {"name": name, "namespace": namespace, "labels": labels}}
    )


def test_a_changed_param_counts_at_once(cluster: Cluster, namespace: str, enforce: Enforce) -> None:
    param(cluster, namespace, "limits", "root")
    enforce(
        by_params(namespace, CONFIG_MAPS),
        binding(namespace, namespace, paramRef={"name": "limits", "parameterNotFoundAction": "Deny"}),
        until=lambda: asks(cluster, namespace, "root"),
    )
    assert not asks(cluster, namespace, "admin")

    param(cluster, namespace, "limits", "admin")

    eventually(lambda: asks(cluster, namespace, "admin").endswith("denied request: limits forbids admin"))
    assert not asks(cluster, namespace, "root")


def test_each_param_that_a_selector_finds_may_deny(cluster: Cluster, namespace: str, enforce: Enforce) -> None:
    param(cluster, namespace, "one", "root", limits="yes")
    param(cluster, namespace, "two", "admin")
    reference = {"selector": {"matchLabels": {"limits": "yes"}}, "parameterNotFoundAction": "Deny"}
    enforce(
        by_params(namespace, CONFIG_MAPS),
        binding(namespace, namespace, paramRef=reference),
        until=lambda: asks(cluster, namespace, "root"),
    )
    assert not asks(cluster, namespace, "admin")

    param(cluster, namespace, "two", "admin", limits="yes")

    eventually(lambda: asks(cluster, namespace, "admin").endswith("denied request: two forbids admin"))
    assert asks(cluster, namespace, "root")


def test_a_missing_param_denies_where_its_binding_says_so_until_it_is_there(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    enforce(
        by_params(namespace, CONFIG_MAPS),
        binding(namespace, namespace, paramRef={"name": "limits", "parameterNotFoundAction": "Deny"}),
        until=lambda: asks(cluster, namespace),
    )
    assert "no params found for policy binding with `Deny` parameterNotFoundAction" in asks(cluster, namespace)

    param(cluster, namespace, "limits", "root")

    eventually(lambda: not asks(cluster, namespace))
    assert asks(cluster, namespace, "root")


def test_a_missing_param_is_no_obstacle_where_its_binding_says_so_until_it_is_there(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    param(cluster, namespace, "other", "root")
    allow = binding(namespace, namespace, paramRef={"name": "limits", "parameterNotFoundAction": "Allow"})
    other = binding(
        namespace,
        namespace,
        name=f"{namespace}-other",
        paramRef={"name": "other", "parameterNotFoundAction": "Deny"},
    )
    enforce(by_params(namespace, CONFIG_MAPS), allow, other, until=lambda: asks(cluster, namespace, "root"))
    assert not asks(cluster, namespace, "admin")

    param(cluster, namespace, "limits", "admin")

    eventually(lambda: asks(cluster, namespace, "admin").endswith("denied request: limits forbids admin"))


def test_labels_of_a_namespace_count_as_soon_as_they_change(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    def label(value: str) -> None:
        path = f"/api/v1/namespaces/{namespace}"
        change = [{"op": "add", "path": "/metadata/labels/level", "value": value}]
        assert cluster.request("PATCH", path, change).status == 200

    told = {"expression": "false", "messageExpression": "namespaceObject.metadata.labels.level"}
    levels = {"key": "level", "operator": "In", "values": ["strict", "stricter"]}
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}, "matchExpressions": [levels]}
    label("strict")
    enforce(
        policy(namespace, rule("serviceaccounts"), told),
        binding(namespace, namespace, matchResources={"namespaceSelector": selector}),
        until=lambda: asks(cluster, namespace).endswith("denied request: strict"),
    )

    label("loose")
    eventually(lambda: not asks(cluster, namespace))
    label("stricter")
    eventually(lambda: asks(cluster, namespace).endswith("denied request: stricter"))


def test_a_new_namespace_is_judged_by_its_labels_from_the_first_request_on(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    told = {
        "expression": "namespaceObject.metadata.labels.team == object.metadata.name",
        "messageExpression": "namespaceObject.metadata.labels.team",
    }
    exists = {"matchExpressions": [{"key": "team", "operator": "In", "values": [namespace]}]}
    made: Object = {"labels": {"team": namespace}}
    enforce(
        policy(namespace, rule("serviceaccounts"), told),
        binding(namespace, namespace, matchResources={"namespaceSelector": exists}),
    )
    cluster.request("POST", "/api/v1/namespaces", {"metadata": made | {"name": f"{namespace}-first"}})
    eventually(lambda: asks(cluster, f"{namespace}-first", "bad"))

    verdicts: list[tuple[str, str]] = []
    for number in range(20):
        name = f"{namespace}-{number}"
        assert cluster.request("POST", "/api/v1/namespaces", {"metadata": made | {"name": name}}).status == 201
        verdicts.append((asks(cluster, name, namespace), asks(cluster, name, "bad")[-len(namespace) :]))

    assert verdicts == [("", namespace)] * 20


def test_an_edited_policy_counts_at_once(cluster: Cluster, namespace: str, enforce: Enforce) -> None:
    def written(forbidden: str) -> Object:
        return policy(namespace, rule("serviceaccounts"), f"object.metadata.name != '{forbidden}'")

    enforce(written("root"), binding(namespace, namespace), until=lambda: asks(cluster, namespace, "root"))

    enforce(written("admin"), until=lambda: asks(cluster, namespace, "admin"))
    assert not asks(cluster, namespace, "root")
    assert cluster.request("DELETE", f"/apis/{REGISTRATION}/validatingadmissionpolicies/{namespace}").status == 200
    eventually(lambda: not asks(cluster, namespace, "admin"))


def definition(group: str, kind: str) -> Object:
    """Write the definition of a namespaced kind that holds whatever it is given as data."""
    schema = {
        "type": "object",
        "properties": {"data": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}s.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": f"{kind.lower()}s"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def test_params_of_a_kind_that_is_defined_later_count_as_soon_as_it_is(
    cluster: Cluster, namespace: str, webhook: Webhook, enforce: Enforce
) -> None:
    group = f"{namespace}.example.com"
    enforce(
        by_params(namespace, {"apiVersion": f"{group}/v1", "kind": "Limit"}),
        binding(namespace, namespace, paramRef={"name": "limits", "parameterNotFoundAction": "Deny"}),
        until=lambda: asks(cluster, namespace),
    )
    assert "failed to configure" in asks(cluster, namespace)

    enforce(definition(group, "Limit"))
    limits: Object = {"metadata": {"name": "limits"}, "data": {"forbidden": "root"}}
    limits |= {"apiVersion": f"{group}/v1", "kind": "Limit"}
    path = f"/apis/{group}/v1/namespaces/{namespace}/limits"
    eventually(lambda: cluster.request("POST", path, limits).status == 201)

    eventually(lambda: not asks(cluster, namespace))
    assert asks(cluster, namespace, "root").endswith("denied request: limits forbids root")


def test_a_kind_that_nobody_defines_leaves_a_policy_to_its_failure_policy(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    unknown = {"apiVersion": "nowhere.example.com/v1", "kind": "Nothing"}
    reference = {"name": "limits", "parameterNotFoundAction": "Deny"}
    second = f"{namespace}-warns"
    enforce(
        by_params(namespace, unknown, failurePolicy="Ignore"),
        binding(namespace, namespace, paramRef=reference),
        policy(second, rule("serviceaccounts"), "false"),
        binding(second, namespace, "Warn"),
        until=lambda: tries(cluster, namespace, account(), resource="serviceaccounts").headers.get("Warning"),
    )

    assert not asks(cluster, namespace)


def test_objects_of_a_kind_that_is_defined_later_are_judged(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    group = f"{namespace}.example.com"
    widget: Object = {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": "w"},
        "data": {"size": 11},
    }
    path = f"/apis/{group}/v1/namespaces/{namespace}/widgets"
    enforce(
        policy(namespace, [rule("widgets", group=group), rule("serviceaccounts")], "object.data.size <= 10"),
        binding(namespace, namespace),
        until=lambda: asks(cluster, namespace),
    )

    enforce(definition(group, "Widget"))

    def denied() -> str:
        answer = cluster.request("POST", f"{path}?dryRun=All", widget)
        assert answer.status != 201
        return denial(answer) if answer.headers["Content-Type"] == "application/json" else ""

    assert eventually(denied).endswith(f"denied request: {namespace}")
    assert cluster.request("POST", path, widget | {"data": {"size": 10}}).status == 201


def test_what_a_user_may_do_elsewhere_decides_where_a_policy_asks_for_it(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    may = f"authorizer.group('').resource('pods').namespace('{namespace}').check('approve').allowed()"
    for user, verbs in {"ada": "create,get", "bob": "create,get"}.items():
        name = f"{namespace}-{user}"
        cluster.kubectl("create", "role", name, f"--verb={verbs}", "--resource=configmaps", "-n", namespace)
        cluster.kubectl("create", "rolebinding", name, f"--role={name}", f"--user={name}", "-n", namespace)
    role: Object = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "approver", "namespace": namespace},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["approve"]}],
    }
    cluster.apply(role)
    bound = ("create", "rolebinding", "approver", "--role=approver", f"--user={namespace}-ada")
    cluster.kubectl(*bound, "-n", namespace)

    def creates(user: str) -> str:
        name = f"{namespace}-{user}"
        make = ("create", "configmap", name, "-n", namespace, "--dry-run=server")
        return cluster.kubectl(*make, kubeconfig=cluster.kubeconfig_for(name), check=False).stderr

    enforce(
        policy(namespace, rule("configmaps"), {"expression": may, "message": "you may not approve"}),
        binding(namespace, namespace),
        until=lambda: "denied request: you may not approve" in creates("bob"),
    )

    assert creates("ada") == ""


@pytest.fixture
def folder(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[tuple[Webhook, Path]]:
    """Give a server that judges by files, and the one file, which forbids accounts the name root."""
    files = tmp_path / "policies"
    files.mkdir()
    file = files / "policy.json"
    write(file, policy(namespace, rule("serviceaccounts"), "object.metadata.name != 'root'"), namespace)
    with Webhook(cluster, tmp_path, "--bindings-selector=none=none", files=files) as server:
        eventually(lambda: asks(cluster, namespace, "root"))
        yield server, file
        assert server.complaints() == [] or "policies not taken" in str(server.complaints())


def write(file: Path, written: Object, namespace: str) -> None:
    items = [written, binding(written["metadata"]["name"], namespace, labels=ENFORCE)]
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def test_an_edited_file_counts_at_once(cluster: Cluster, namespace: str, folder: tuple[Webhook, Path]) -> None:
    _, file = folder

    write(file, policy(namespace, rule("serviceaccounts"), "object.metadata.name != 'admin'"), namespace)

    eventually(lambda: asks(cluster, namespace, "admin"))
    assert not asks(cluster, namespace, "root")


def test_a_broken_file_is_told_of_and_the_policies_before_go_on(
    cluster: Cluster, namespace: str, folder: tuple[Webhook, Path]
) -> None:
    server, file = folder

    write(file, policy(namespace, rule("serviceaccounts"), "object.metadata.name !="), namespace)

    [problem] = eventually(lambda: server.policies()["problems"].get("directory"))
    assert "policy.json" in problem
    assert asks(cluster, namespace, "root")
    assert not asks(cluster, namespace, "admin")
    write(file, policy(namespace, rule("serviceaccounts"), "object.metadata.name != 'admin'"), namespace)
    eventually(lambda: asks(cluster, namespace, "admin"))
    assert server.policies()["problems"] == {}
