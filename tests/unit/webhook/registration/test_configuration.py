from __future__ import annotations

import base64
import copy
from dataclasses import replace
from typing import Any

import pytest

from policy_engine.admission.model import Rule
from policy_engine.errors import InputError
from webhook.registration.configuration import (
    ServiceAddress,
    Settings,
    UrlAddress,
    ca_bundles,
    desired_webhooks,
    digest,
    with_ca_bundles,
)
from webhook.registration.rules import Asked

PODS = Rule(api_groups=("",), api_versions=("v1",), resources=("pods",), operations=("CREATE",))
ASKED = Asked(fail=(PODS,), ignore=(PODS,))
SERVICE = ServiceAddress(namespace="polgate-system", name="polgate")
SETTINGS = Settings(name="polgate", address=SERVICE, excluded_namespaces=("shop",))
CA = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def as_stored(webhooks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give webhooks as an API server gives them back: empty lists dropped, keys in its own order."""
    stored = copy.deepcopy(webhooks)
    for webhook in stored:
        for key in ("rules", "matchConditions"):
            if not webhook[key]:
                del webhook[key]
    return [dict(sorted(webhook.items())) for webhook in stored]


def test_a_webhook_for_each_failure_policy_asks_its_own_path() -> None:
    fail, ignore = desired_webhooks(ASKED, SETTINGS, CA)
    assert (fail["name"], fail["failurePolicy"]) == ("fail.polgate.io", "Fail")
    assert fail["clientConfig"] == {
        "service": {"namespace": "polgate-system", "name": "polgate", "port": 443, "path": "/validate/fail"},
        "caBundle": base64.b64encode(CA).decode(),
    }
    assert (ignore["name"], ignore["failurePolicy"]) == ("ignore.polgate.io", "Ignore")
    assert ignore["clientConfig"]["service"]["path"] == "/validate/ignore"


def test_a_half_without_rules_has_no_webhook() -> None:
    assert [w["name"] for w in desired_webhooks(Asked(ignore=(PODS,)), SETTINGS, CA)] == ["ignore.polgate.io"]
    assert desired_webhooks(Asked(), SETTINGS, CA) == []


def test_a_webhook_is_written_whole() -> None:
    webhook = desired_webhooks(ASKED, SETTINGS, CA)[0]
    assert {
        key: webhook[key] for key in ("sideEffects", "admissionReviewVersions", "matchPolicy", "timeoutSeconds")
    } == {
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "matchPolicy": "Equivalent",
        "timeoutSeconds": 5,
    }
    assert webhook["rules"] == [
        {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"], "scope": "*"}
    ]


def test_namespaces_that_a_cluster_lives_by_are_excluded_and_the_servers_own() -> None:
    webhook = desired_webhooks(ASKED, SETTINGS, CA)[0]
    assert webhook["namespaceSelector"]["matchExpressions"] == [
        {
            "key": "kubernetes.io/metadata.name",
            "operator": "NotIn",
            "values": ["kube-node-lease", "kube-system", "polgate-system", "shop"],
        }
    ]


def test_kube_system_is_asked_about_where_somebody_wants_that() -> None:
    settings = replace(SETTINGS, judges_control_plane=True)
    selector = desired_webhooks(ASKED, settings, CA)[0]["namespaceSelector"]
    assert selector["matchExpressions"][0]["values"] == ["kube-node-lease", "polgate-system", "shop"]


def test_a_url_is_called_with_the_path_behind_it() -> None:
    settings = Settings(name="polgate", address=UrlAddress.parse("https://127.0.0.1:8443/gate/"))
    assert desired_webhooks(ASKED, settings, None)[0]["clientConfig"] == {
        "url": "https://127.0.0.1:8443/gate/validate/fail"
    }


@pytest.mark.parametrize(
    "url",
    ["http://web", "https://", "web:443", "https://u:p@web", "https://web/?a=b", "https://web/#a", "https://[::"],
)
def test_a_url_that_api_servers_refuse_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        UrlAddress.parse(url)


@pytest.mark.parametrize("timeout_s", [0, 31])
def test_a_timeout_that_api_servers_refuse_is_refused(timeout_s: int) -> None:
    with pytest.raises(InputError, match="is refused by API servers"):
        Settings(name="polgate", address=SERVICE, timeout_s=timeout_s).check()


def test_a_service_is_reached_by_the_url_that_api_servers_make() -> None:
    assert SERVICE.url == "https://polgate.polgate-system.svc:443"


def test_what_an_api_server_fills_in_or_drops_makes_no_difference() -> None:
    webhooks = desired_webhooks(ASKED, SETTINGS, CA)
    assert digest(as_stored(webhooks), with_ca_bundle=True) == digest(webhooks, with_ca_bundle=True)
    spare = [{"name": "a", "rules": [{"operations": ["*"]}], "clientConfig": {"service": {"name": "x"}}}]
    whole = [
        {
            "name": "a",
            "rules": [{"operations": ["*"], "scope": "*"}],
            "clientConfig": {"service": {"name": "x", "port": 443}},
            "failurePolicy": "Fail",
            "matchPolicy": "Equivalent",
            "namespaceSelector": {},
            "objectSelector": {},
            "timeoutSeconds": 10,
        }
    ]
    assert digest(spare, with_ca_bundle=True) == digest(whole, with_ca_bundle=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("failurePolicy", "Ignore"),
        ("timeoutSeconds", 30),
        ("rules", []),
        ("namespaceSelector", {}),
        ("objectSelector", {"matchLabels": {"a": "b"}}),
        ("matchConditions", []),
        ("clientConfig", {"url": "https://elsewhere"}),
        ("matchPolicy", "Exact"),
    ],
)
def test_every_edit_makes_a_difference(field: str, value: Any) -> None:
    webhooks = desired_webhooks(ASKED, SETTINGS, CA)
    edited = [webhooks[0] | {field: value}, webhooks[1]]
    assert digest(edited, with_ca_bundle=False) != digest(webhooks, with_ca_bundle=False)


def test_a_bundle_makes_a_difference_only_where_it_is_kept() -> None:
    one, other = (desired_webhooks(ASKED, SETTINGS, ca) for ca in (CA, None))
    assert digest(one, with_ca_bundle=True) != digest(other, with_ca_bundle=True)
    assert digest(one, with_ca_bundle=False) == digest(other, with_ca_bundle=False)


def test_bundles_of_others_are_taken_over_for_new_webhooks_too() -> None:
    live = desired_webhooks(Asked(fail=(PODS,)), SETTINGS, CA)
    kept = with_ca_bundles(desired_webhooks(ASKED, SETTINGS, None), live)
    assert ca_bundles(kept) == [CA, CA]


def test_a_bundle_that_is_no_base64_counts_as_none() -> None:
    assert ca_bundles([{"clientConfig": {"caBundle": "?"}}, {}]) == [b"", b""]
