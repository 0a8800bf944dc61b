"""What the server may do in the cluster: what it does, and nothing else."""

from __future__ import annotations

from typing import Any

READ = ("get", "list", "watch")


def grants(objects: Any, kind: str) -> set[tuple[str, str, str, tuple[str, ...]]]:
    """Give what roles of a kind allow, as (group, resource, name, verbs)."""
    return {
        (group, resource, name, tuple(rule["verbs"]))
        for (found, _), one in objects.items()
        if found == kind
        for rule in one["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
    }


def test_the_whole_cluster_is_only_read_but_for_reviews_and_its_own_registration(render: Any) -> None:
    assert grants(render(), "ClusterRole") == {
        ("admissionregistration.k8s.io", "validatingadmissionpolicies", "", READ),
        ("admissionregistration.k8s.io", "validatingadmissionpolicybindings", "", READ),
        ("", "namespaces", "", READ),
        ("apiextensions.k8s.io", "customresourcedefinitions", "", READ),
        ("authorization.k8s.io", "subjectaccessreviews", "", ("create",)),
        ("", "configmaps", "", READ),
        ("admissionregistration.k8s.io", "validatingwebhookconfigurations", "polgate", ("get", "update")),
    }


def test_the_one_secret_is_all_that_it_may_touch_in_its_namespace(render: Any) -> None:
    assert grants(render(), "Role") == {("", "secrets", "polgate-certificates", ("get", "update"))}


def test_params_that_values_name_may_be_read_and_nothing_more(render: Any) -> None:
    allowed = grants(render("everything"), "ClusterRole")
    assert ("rules.example.com", "limits", "", READ) in allowed
    assert ("rules.example.com", "quotas", "", READ) in allowed


def test_nothing_is_allowed_by_a_wildcard_and_no_secret_without_its_name(objects: Any) -> None:
    for kind in ("ClusterRole", "Role"):
        for group, resource, name, verbs in grants(objects, kind):
            assert not [part for part in (group, resource, *verbs) if "*" in part]
            assert resource != "secrets" or name
            assert (
                not {"create", "delete", "deletecollection", "escalate", "bind", "impersonate"} & set(verbs)
                or resource == "subjectaccessreviews"
            )


def test_roles_are_bound_to_the_account_that_the_pods_have(objects: Any) -> None:
    (deployment,) = [one for (kind, _), one in objects.items() if kind == "Deployment"]
    account = deployment["spec"]["template"]["spec"]["serviceAccountName"]
    for (kind, name), one in objects.items():
        if kind.endswith("RoleBinding"):
            assert one["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": "gate"}]
            assert (one["roleRef"]["kind"], one["roleRef"]["name"]) in objects, name
