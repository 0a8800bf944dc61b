"""What people see who are stopped, warned or audited by the webhook; and every way in which a change may come."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.processes import eventually
from tests.e2e.server import Enforce, Object, Webhook, binding, config_map, denial, pod, policy, rule, tries

pytest_plugins = ["tests.e2e.webhook_fixtures"]


@pytest.fixture(scope="session")
def cluster(cluster_without_policies: Cluster) -> Cluster:
    """Judge by the webhook alone."""
    return cluster_without_policies


@pytest.fixture(autouse=True)
def webhook(shared_webhook: Webhook) -> Iterator[Webhook]:
    """Have the server there, without anything to complain of."""
    yield shared_webhook
    assert shared_webhook.complaints() == []


@pytest.fixture
def path(namespace: str) -> str:
    """Give where the objects of the test's namespace are."""
    return f"/api/v1/namespaces/{namespace}"


def says(name: str, message: str) -> str:
    """Give what a user reads who was denied."""
    return (
        'admission webhook "fail.polgate.io" denied the request: '
        f"ValidatingAdmissionPolicy '{name}' with binding '{name}' denied request: {message}"
    )


def create(cluster: Cluster, path: str, made: Object) -> None:
    answer = cluster.request("POST", path, made)
    assert answer.status == 201, answer.body


def test_a_denied_user_reads_who_denied_and_why(cluster: Cluster, namespace: str, enforce: Enforce) -> None:
    enforce(
        policy(namespace, rule("configmaps"), "object.data.colour == 'green'"),
        binding(namespace, namespace),
        until=lambda: denial(tries(cluster, namespace, config_map(colour="red"))),
    )
    make = ("create", "configmap", "any", "--namespace", namespace)

    red = cluster.kubectl(*make, "--from-literal=colour=red", check=False)
    green = cluster.kubectl(*make, "--from-literal=colour=green")

    assert red.returncode == 1
    assert red.stderr == f"error: failed to create configmap: {says(namespace, namespace)}\n"
    assert green.stdout == "configmap/any created\n"


def test_a_denial_has_the_code_and_the_reason_of_its_validation(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    forbidden = {
        "expression": "false",
        "messageExpression": "'not ' + object.metadata.name",
        "reason": "Forbidden",
    }
    enforce(
        policy(namespace, rule("configmaps"), forbidden),
        binding(namespace, namespace),
        until=lambda: denial(tries(cluster, namespace, config_map())),
    )

    answer = tries(cluster, namespace, config_map("me")).json()

    assert (answer["code"], answer["reason"], answer["message"]) == (403, "Forbidden", says(namespace, "not me"))


def test_a_warned_user_gets_the_object_and_reads_the_warning(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    enforce(
        policy(namespace, rule("configmaps"), "false"),
        binding(namespace, namespace, "Warn"),
        until=lambda: tries(cluster, namespace, config_map()).headers.get("Warning"),
    )

    made = cluster.kubectl("create", "configmap", "any", "--namespace", namespace)

    assert made.stdout == "configmap/any created\n"
    assert made.stderr == (
        f"Warning: Validation failed for ValidatingAdmissionPolicy '{namespace}' "
        f"with binding '{namespace}': {namespace}\n"
    )


def test_the_audit_log_has_what_policies_say_under_the_name_of_the_webhook(
    cluster: Cluster, namespace: str, path: str, enforce: Enforce
) -> None:
    colour = {"key": "colour", "valueExpression": "string(object.data.colour)"}
    enforce(
        policy(namespace, rule("configmaps"), "false", auditAnnotations=[colour]),
        binding(namespace, namespace, "Audit"),
    )

    def annotations() -> dict[str, str] | None:
        assert tries(cluster, namespace, config_map(colour="red")).status == 201
        events = [event["annotations"] for event in cluster.audit_events() if path in event["requestURI"]]
        return next((found for found in events if f"fail.polgate.io/{namespace}.colour" in found), None)

    found = eventually(annotations)
    assert found[f"fail.polgate.io/{namespace}.colour"] == "red"
    [failure] = json.loads(found["fail.polgate.io/validation_failure"])
    assert (failure["message"], failure["policy"], failure["binding"]) == (namespace, namespace, namespace)


def test_an_update_is_judged_beside_what_was_there(
    cluster: Cluster, namespace: str, path: str, enforce: Enforce
) -> None:
    create(cluster, f"{path}/configmaps", config_map(colour="red"))
    change = [{"op": "replace", "path": "/data/colour", "value": "green"}]
    label = [{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]
    enforce(
        policy(namespace, rule("configmaps", "UPDATE"), "object.data == oldObject.data"),
        binding(namespace, namespace),
        until=lambda: denial(cluster.request("PATCH", f"{path}/configmaps/any?dryRun=All", change)),
    )

    assert cluster.request("PATCH", f"{path}/configmaps/any", label).status == 200
    assert denial(cluster.request("PATCH", f"{path}/configmaps/any", change)) == says(namespace, namespace)
    assert cluster.request("GET", f"{path}/configmaps/any").json()["data"] == {"colour": "red"}


def test_server_side_apply_is_judged_by_what_comes_out_of_it(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    enforce(
        policy(namespace, rule("configmaps"), "size(object.data) < 3"),
        binding(namespace, namespace),
        until=lambda: denial(tries(cluster, namespace, config_map(a="", b="", c=""))),
    )

    def apply(manager: str, data: dict[str, str]) -> Any:
        arguments = ("apply", "--server-side", f"--field-manager={manager}", "--namespace", namespace, "-f", "-")
        return cluster.kubectl(*arguments, stdin=json.dumps(config_map() | {"data": data}), check=False)

    assert apply("one", {"a": "", "b": ""}).returncode == 0
    added = apply("two", {"c": ""})

    assert added.returncode == 1
    assert says(namespace, namespace) in added.stderr


@pytest.fixture
def protected(cluster: Cluster, namespace: str, path: str, enforce: Enforce) -> str:
    """Give the path of ConfigMaps of which `kept` may not be deleted, and `other` may."""
    create(cluster, f"{path}/configmaps", config_map("kept", labels={"keep": "yes"}))
    create(cluster, f"{path}/configmaps", config_map("other"))
    enforce(
        policy(namespace, rule("configmaps", "DELETE"), "object == null && !has(oldObject.metadata.labels)"),
        binding(namespace, namespace),
        until=lambda: denial(cluster.request("DELETE", f"{path}/configmaps/kept?dryRun=All")),
    )
    return f"{path}/configmaps"


def test_a_deletion_is_judged_by_what_would_be_gone(cluster: Cluster, namespace: str, protected: str) -> None:
    kept = cluster.kubectl("delete", "configmap", "kept", "--namespace", namespace, check=False)

    assert kept.stderr == f"The request is invalid: {says(namespace, namespace)}\n"
    assert cluster.request("DELETE", f"{protected}/other").status == 200


def test_deleting_a_collection_is_judged_object_by_object(
    cluster: Cluster, namespace: str, protected: str
) -> None:
    assert denial(cluster.request("DELETE", protected)) == says(namespace, namespace)
    assert cluster.request("GET", f"{protected}/kept").status == 200


@pytest.mark.parametrize(
    ("subresource", "query", "witness"),
    [
        ("exec", "command=sh&command=-c&container=c&stdout=true", "limitranges"),
        ("attach", "container=c&stdout=true", "resourcequotas"),
    ],
)
def test_connecting_to_a_pod_is_denied_before_its_node_is_called(
    cluster: Cluster, namespace: str, path: str, enforce: Enforce, subresource: str, query: str, witness: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as kubelet:
        kubelet.settimeout(0)
        addresses = [{"type": "InternalIP", "address": "127.0.0.1"}]
        endpoints = {"kubeletEndpoint": {"Port": kubelet.getsockname()[1]}}
        node = {"metadata": {"name": namespace}, "status": {"addresses": addresses, "daemonEndpoints": endpoints}}
        create(cluster, "/api/v1/nodes", node)
        create(cluster, f"{path}/pods", pod(nodeName=namespace))
        told = {
            "expression": "false",
            "messageExpression": "request.name + ': ' + request.kind.kind + ' ' + object.container +"
            " (has(object.command) ? ' ' + object.command.join(' ') : '')",
        }
        # Whether the policy is in force cannot be asked by connecting: before it is, that would call the node. So
        # it is about something else too that no other policy is about, and that the webhook is asked for as soon.
        rules = [rule(f"pods/{subresource}", "CONNECT"), rule(witness, "CREATE")]
        made: Object = {"metadata": {"name": "any"}, "spec": {"limits": []} if witness == "limitranges" else {}}
        enforce(
            policy(namespace, rules, told),
            binding(namespace, namespace),
            until=lambda: denial(tries(cluster, namespace, made, resource=witness)),
        )

        refused = cluster.request("POST", f"{path}/pods/p/{subresource}?{query}")

        detail = {"exec": "p: PodExecOptions c sh -c", "attach": "p: PodAttachOptions c"}[subresource]
        assert denial(refused) == says(namespace, detail)
        with pytest.raises(BlockingIOError):
            kubelet.accept()
    cluster.request("DELETE", f"/api/v1/nodes/{namespace}")


def test_scaling_is_judged_as_a_scale_of_its_parent(cluster: Cluster, namespace: str, enforce: Enforce) -> None:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod()["spec"]}
    deployment = {
        "metadata": {"name": "web"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    }
    create(cluster, f"/apis/apps/v1/namespaces/{namespace}/deployments", deployment)
    few = {
        "expression": "object.spec.replicas <= 3",
        "messageExpression": "request.resource.resource + ' ' + request.name + ' ' + request.kind.kind +"
        " ' from ' + string(oldObject.spec.replicas) + ' to ' + string(object.spec.replicas)",
    }
    scale = ("scale", "deployment/web", "--namespace", namespace)
    enforce(
        policy(namespace, rule("deployments/scale", "UPDATE", group="apps"), few),
        binding(namespace, namespace),
        until=lambda: cluster.kubectl(*scale, "--replicas=9", "--dry-run=server", check=False).returncode,
    )

    refused = cluster.kubectl(*scale, "--replicas=4", check=False)

    assert says(namespace, "deployments web Scale from 1 to 4") in refused.stderr
    assert cluster.kubectl(*scale, "--replicas=3").stdout == "deployment.apps/web scaled\n"


def test_a_status_is_judged_where_rules_name_it_and_only_there(
    cluster: Cluster, namespace: str, path: str, enforce: Enforce
) -> None:
    create(cluster, f"{path}/pods", pod())
    failed = [{"op": "add", "path": "/status/phase", "value": "Failed"}]
    enforce(
        policy(namespace, rule("pods/status", "UPDATE"), "object.status.phase != 'Failed'"),
        binding(namespace, namespace),
        until=lambda: denial(cluster.request("PATCH", f"{path}/pods/p/status?dryRun=All", failed)),
    )

    label = [{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]
    assert cluster.request("PATCH", f"{path}/pods/p", label).status == 200
    assert denial(cluster.request("PATCH", f"{path}/pods/p/status", failed)) == says(namespace, namespace)


def test_an_eviction_is_judged_as_what_is_created(
    cluster: Cluster, namespace: str, path: str, enforce: Enforce
) -> None:
    create(cluster, f"{path}/pods", pod())
    told = {"expression": "false", "messageExpression": "request.kind.kind + ' of ' + object.metadata.name"}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    enforce(
        policy(namespace, rule("pods/eviction", "CREATE"), told),
        binding(namespace, namespace),
        until=lambda: denial(cluster.request("POST", f"{path}/pods/p/eviction?dryRun=All", eviction)),
    )

    assert denial(cluster.request("POST", f"{path}/pods/p/eviction", eviction)) == says(namespace, "Eviction of p")
    assert cluster.request("GET", f"{path}/pods/p").status == 200


def test_ephemeral_containers_are_judged_with_the_whole_pod(
    cluster: Cluster, namespace: str, path: str, enforce: Enforce
) -> None:
    create(cluster, f"{path}/pods", pod())
    told = {
        "expression": "!has(object.spec.ephemeralContainers)",
        "messageExpression": "object.spec.ephemeralContainers[0].name + ' beside ' +"
        " object.spec.containers[0].name",
    }
    debug = [{"op": "add", "path": "/spec/ephemeralContainers", "value": [{"name": "debug", "image": "x"}]}]
    enforce(
        policy(namespace, rule("pods/ephemeralcontainers", "UPDATE"), told),
        binding(namespace, namespace),
        until=lambda: denial(cluster.request("PATCH", f"{path}/pods/p/ephemeralcontainers?dryRun=All", debug)),
    )

    answer = cluster.request("PATCH", f"{path}/pods/p/ephemeralcontainers", debug)

    assert denial(answer) == says(namespace, "debug beside c")


def test_a_policy_can_tell_a_dry_run(cluster: Cluster, namespace: str, path: str, enforce: Enforce) -> None:
    enforce(
        policy(namespace, rule("configmaps"), "!request.dryRun"),
        binding(namespace, namespace),
        until=lambda: denial(tries(cluster, namespace, config_map())),
    )

    create(cluster, f"{path}/configmaps", config_map())


def test_an_object_whose_name_is_made_up_is_judged_by_its_prefix(
    cluster: Cluster, namespace: str, path: str, enforce: Enforce
) -> None:
    enforce(
        policy(namespace, rule("configmaps"), "!object.metadata.generateName.startsWith('web-')"),
        binding(namespace, namespace),
        until=lambda: denial(tries(cluster, namespace, config_map("web-"))),
    )

    create(cluster, f"{path}/configmaps", config_map("db-"))


def test_a_namespace_is_judged_by_itself(cluster: Cluster, namespace: str, enforce: Enforce) -> None:
    made = {"metadata": {"name": f"{namespace}-new", "labels": {"test": namespace}}}
    selector = {"objectSelector": {"matchLabels": {"test": namespace}}}
    enforce(
        policy(namespace, rule("namespaces", "CREATE"), "namespaceObject != null"),
        binding(namespace, namespace, matchResources=selector),
        until=lambda: denial(cluster.request("POST", "/api/v1/namespaces?dryRun=All", made)),
    )

    create(cluster, "/api/v1/namespaces?dryRun=All", {"metadata": {"name": f"{namespace}-new"}})


def test_policies_about_two_versions_of_a_kind_both_have_their_say(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    # The webhook is asked once, in one version; only the API server could convert the object for the other policy.
    def rules(version: str) -> Object:
        return rule("horizontalpodautoscalers", group="autoscaling", version=version)

    second = f"{namespace}-v2"
    enforce(
        policy(namespace, [rules("v1"), rule("configmaps")], "false"),
        binding(namespace, namespace),
        policy(second, rules("v2"), "true"),
        binding(second, namespace),
        until=lambda: denial(tries(cluster, namespace, config_map())),
    )
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    made = {"metadata": {"name": "web"}, "spec": {"maxReplicas": 2, "scaleTargetRef": target}}

    for version in ("v1", "v2"):
        path = f"/apis/autoscaling/{version}/namespaces/{namespace}/horizontalpodautoscalers"
        assert f"ValidatingAdmissionPolicy '{namespace}'" in denial(cluster.request("POST", path, made))


def test_a_policy_that_ignores_failures_denies_what_it_can_judge(
    cluster: Cluster, namespace: str, path: str, enforce: Enforce
) -> None:
    enforce(
        policy(namespace, rule("configmaps"), "object.data.colour == 'green'", failurePolicy="Ignore"),
        binding(namespace, namespace),
        until=lambda: denial(tries(cluster, namespace, config_map(colour="red"))),
    )

    assert denial(tries(cluster, namespace, config_map(colour="red"))).startswith(
        'admission webhook "ignore.polgate.io" denied the request: '
    )
    create(cluster, f"{path}/configmaps", config_map())


def test_two_bindings_of_a_policy_deny_in_one_namespace_and_warn_in_another(
    cluster: Cluster, namespace: str, enforce: Enforce
) -> None:
    enforce(
        policy(namespace, rule("configmaps"), "false"),
        binding(namespace, namespace, "Warn"),
        binding(namespace, "default", name=f"{namespace}-default"),
        until=lambda: denial(tries(cluster, "default", config_map())),
    )

    warned = tries(cluster, namespace, config_map())

    assert warned.status == 201
    assert f"with binding '{namespace}': {namespace}" in warned.headers["Warning"]


def test_a_binding_without_the_label_is_none_of_the_webhooks(
    cluster: Cluster, namespace: str, webhook: Webhook, enforce: Enforce
) -> None:
    enforce(
        policy(namespace, rule("configmaps"), "false"),
        binding(namespace, "default", name=f"{namespace}-default"),
        binding(namespace, namespace, labels={"polgate.io/enforce": "false"}),
        until=lambda: denial(tries(cluster, "default", config_map())),
    )

    assert tries(cluster, namespace, config_map()).status == 201
    [listed] = [one for one in webhook.policies()["policies"] if one["name"] == namespace]
    assert [one["name"] for one in listed["bindings"]] == [f"{namespace}-default"]
