"""The `webhooks` of the ValidatingWebhookConfiguration: as they have to be, and compared with those that are."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from policy_engine.admission.json_values import JsonObject, JsonValue
from policy_engine.admission.model import Rule
from policy_engine.errors import InputError
from policy_engine.records import record
from webhook.registration.conditions import match_conditions
from webhook.registration.rules import Asked

# Never asked about: each node renews its lease there every ten seconds, or its Pods are evicted.
ALWAYS_EXCLUDED: Final = ("kube-node-lease",)
# What runs the cluster has to be mendable while this server is away, unless somebody decides otherwise.
CONTROL_PLANE: Final = "kube-system"

_NAMESPACE_LABEL: Final = "kubernetes.io/metadata.name"  # which the API server sets itself, on every Namespace


@record(kw_only=True)
class ServiceAddress:
    """A Service in the cluster."""

    namespace: str
    name: str
    port: int = 443

    @property
    def url(self) -> str:
        """Give the URL that API servers make of it. Source: k8s.io/apiserver pkg/util/webhook/client.go."""
        return f"https://{self.name}.{self.namespace}.svc:{self.port}"

    @property
    def own_namespaces(self) -> tuple[str, ...]:
        """Give the namespace in which this server's own Pods have to start again while no other one answers."""
        return (self.namespace,)

    def client_config(self, path: str) -> JsonObject:
        """Write it as a `clientConfig`."""
        service = {"namespace": self.namespace, "name": self.name, "port": self.port, "path": path}
        return {"service": service}


@record
class UrlAddress:
    """A server outside of the cluster, or beside the API server."""

    url: str

    @classmethod
    def parse(cls, text: str) -> UrlAddress:
        """Read a URL. Raises InputError for what API servers refuse."""
        try:
            parts = urlsplit(text)
            parts.port  # noqa: B018 (it is checked when it is asked for)
        except ValueError as error:
            raise InputError(f"`{text}` is no URL: {error}") from None
        if parts.scheme != "https" or not parts.hostname:
            raise InputError(f"`{text}` is no URL that API servers call", help="give https://host[:port][/path]")
        if parts.username is not None or parts.query or parts.fragment:
            raise InputError(f"`{text}` has a user, a query or a fragment, which API servers refuse")
        return cls(text.rstrip("/"))

    @property
    def own_namespaces(self) -> tuple[str, ...]:
        """Give none: where this server runs cannot be seen from its URL."""
        return ()

    def client_config(self, path: str) -> JsonObject:
        """Write it as a `clientConfig`."""
        return {"url": self.url + path}


Address: TypeAlias = ServiceAddress | UrlAddress


@record(kw_only=True)
class Settings:
    """What an administrator decides about the registration.

    name: of the ValidatingWebhookConfiguration. excluded_namespaces: beside those that always are, which are the
    Service's and `ALWAYS_EXCLUDED`. judges_control_plane: asks about kube-system too, which is excluded otherwise.
    keeps_ca_bundle: False leaves `caBundle` to others.
    """

    name: str
    address: Address
    excluded_namespaces: tuple[str, ...] = ()
    judges_control_plane: bool = False
    timeout_s: int = 5
    keeps_ca_bundle: bool = True

    def check(self) -> None:
        """Raise InputError for what API servers would refuse, while there is somebody to read it."""
        if not 1 <= self.timeout_s <= 30:
            raise InputError(
                f"a webhook timeout of {self.timeout_s} s is refused by API servers", help="1 s to 30 s"
            )
        if isinstance(self.address, ServiceAddress) and not 1 <= self.address.port <= 65535:
            raise InputError(f"`{self.address.port}` is no port")


def desired_webhooks(asked: Asked, settings: Settings, ca_bundle: bytes | None) -> list[JsonObject]:
    """Give the webhooks to have. Without a rule there is none; ca_bundle: PEM, None leaves it out."""
    halves = (("fail", "Fail", asked.fail), ("ignore", "Ignore", asked.ignore))
    return [
        _webhook(name, failure_policy, rules, settings, ca_bundle)
        for name, failure_policy, rules in halves
        if rules
    ]


def _webhook(
    name: str, failure_policy: str, rules: Sequence[Rule], settings: Settings, ca_bundle: bytes | None
) -> JsonObject:
    client_config = settings.address.client_config(f"/validate/{name}")
    if ca_bundle is not None:
        client_config["caBundle"] = base64.b64encode(ca_bundle).decode()
    excluded = {*ALWAYS_EXCLUDED, *settings.address.own_namespaces, *settings.excluded_namespaces}
    if not settings.judges_control_plane:
        excluded.add(CONTROL_PLANE)
    return {
        "name": f"{name}.polgate.io",
        "clientConfig": client_config,
        "rules": [_written(rule) for rule in rules],
        "failurePolicy": failure_policy,
        "matchPolicy": "Equivalent",
        "namespaceSelector": {
            "matchExpressions": [{"key": _NAMESPACE_LABEL, "operator": "NotIn", "values": sorted(excluded)}]
        },
        "objectSelector": {},
        "sideEffects": "None",
        "timeoutSeconds": settings.timeout_s,
        "admissionReviewVersions": ["v1"],
        "matchConditions": [{"name": c.name, "expression": c.expression} for c in match_conditions(rules)],
    }


def _written(rule: Rule) -> JsonObject:
    return {
        "apiGroups": list(rule.api_groups),
        "apiVersions": list(rule.api_versions),
        "resources": list(rule.resources),
        "operations": list(rule.operations),
        "scope": rule.scope,
    }


# Source: k8s.io/kubernetes pkg/apis/admissionregistration/v1/defaults.go
_DEFAULTS: Final[Mapping[str, JsonValue]] = {
    "failurePolicy": "Fail",
    "matchPolicy": "Equivalent",
    "namespaceSelector": {},
    "objectSelector": {},
    "timeoutSeconds": 10,
    "rules": [],
    "matchConditions": [],
}


def digest(webhooks: JsonValue, *, with_ca_bundle: bool) -> str:
    """Sum up webhooks in a few letters. Two with the same digest mean the same, whoever filled in the defaults."""
    plain = [_defaulted(webhook, with_ca_bundle) for webhook in webhooks or []]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def ca_bundles(webhooks: JsonValue) -> list[bytes]:
    """Give the bundle of each webhook, in PEM; empty where it has none."""
    return [_bundle(webhook) for webhook in webhooks or []]


def with_ca_bundles(webhooks: Sequence[JsonObject], live: JsonValue) -> list[JsonObject]:
    """Give the webhooks with the bundles that the live ones have, or any of them for one that is new."""
    found = {w.get("name"): (w.get("clientConfig") or {}).get("caBundle") for w in live or []}
    some = next((bundle for bundle in found.values() if bundle), None)
    kept: list[JsonObject] = []
    for webhook in webhooks:
        bundle = found.get(webhook["name"]) or some
        config = webhook["clientConfig"]
        kept.append(webhook | {"clientConfig": config | {"caBundle": bundle} if bundle else config})
    return kept


def _bundle(webhook: JsonObject) -> bytes:
    try:
        return base64.b64decode((webhook.get("clientConfig") or {}).get("caBundle") or "", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _defaulted(webhook: JsonObject, with_ca_bundle: bool) -> JsonObject:
    whole = {**_DEFAULTS, **{key: value for key, value in webhook.items() if value is not None}}
    whole["rules"] = [{"scope": "*", **rule} for rule in whole["rules"]]
    config = {key: value for key, value in (webhook.get("clientConfig") or {}).items() if value}
    if not with_ca_bundle:
        config.pop("caBundle", None)
    if "service" in config:
        config["service"] = {"port": 443, **config["service"]}
    whole["clientConfig"] = config
    return whole
