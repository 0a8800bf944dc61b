"""A webhook configuration in words, for who asks at night."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from policy_engine.admission.json_values import JsonObject, JsonValue
from policy_engine.wording import counted
from webhook.certificates.bundles import describe
from webhook.certificates.errors import CertificateError
from webhook.registration.configuration import ca_bundles
from webhook.registration.disabling import read_disabled
from webhook.registration.turns import Mark

_WHERE_NOTHING_ANSWERS = {
    "Fail": "refused while no server answers",
    "Ignore": "let through while no server answers",
}


def tell(configuration: Mapping[str, JsonValue], *, now: datetime) -> Iterator[str]:
    """Give lines: whether it is switched off, what API servers ask for, whom they trust and until when."""
    name = (configuration.get("metadata") or {}).get("name")
    disabled = read_disabled(configuration)
    webhooks = [webhook for webhook in configuration.get("webhooks") or [] if webhook.get("rules")]
    if disabled is not None:
        yield f"{name}: switched off {disabled.text}".rstrip()
    elif not webhooks:
        yield f"{name}: nothing is registered, so nothing is enforced; see what the servers log, and their /readyz"
    else:
        yield f"{name}: registered"
    for webhook in webhooks:
        yield from _tell_webhook(webhook)
    yield from dict.fromkeys(line for webhook in webhooks for line in _tell_bundle(webhook, now))
    mark = Mark.read(configuration)
    if mark is not None and webhooks:
        yield f"written by {mark.instance}, whose policies are those of {_moment(mark.since)}"


def tell_rules(webhook: Mapping[str, JsonValue]) -> Iterator[str]:
    """Give a line for each rule: `CREATE UPDATE of deployments, jobs (apps, batch)`."""
    for rule in webhook.get("rules") or []:
        operations = "everything" if "*" in rule["operations"] else " ".join(rule["operations"])
        groups = ["any group" if g == "*" else g or "core" for g in rule["apiGroups"]]
        scope = rule.get("scope", "*")
        only = {"Namespaced": ", in namespaces only", "Cluster": ", outside of namespaces only"}.get(scope, "")
        yield f"{operations} of {', '.join(rule['resources'])} ({', '.join(groups)}){only}"


def _tell_webhook(webhook: JsonObject) -> Iterator[str]:
    config = webhook.get("clientConfig") or {}
    service = config.get("service")
    address = config.get("url") or (
        f"service {service['namespace']}/{service['name']}:{service.get('port', 443)}{service.get('path', '')}"
        if service
        else "nowhere"
    )
    policy = webhook.get("failurePolicy", "Fail")
    waits = f"waits {webhook.get('timeoutSeconds', 10)} s"
    yield f"  {webhook['name']}: asks {address}, {waits}; {_WHERE_NOTHING_ANSWERS.get(policy, policy)}"
    for line in tell_rules(webhook):
        yield f"    {line}"
    for expression in (webhook.get("namespaceSelector") or {}).get("matchExpressions") or []:
        if expression.get("operator") == "NotIn":
            yield f"    not in {', '.join(expression.get('values') or [])}"
    for condition in webhook.get("matchConditions") or []:
        yield f"    {condition['name']}"


def _tell_bundle(webhook: JsonObject, now: datetime) -> Iterator[str]:
    bundle = ca_bundles([webhook])[0]
    if not bundle:
        yield "caBundle: none, API servers trust what their machines trust"
        return
    try:
        certificates = describe(bundle, what="caBundle")
    except CertificateError as error:
        yield f"caBundle: cannot be used, so no call succeeds: {error.message}"
        return
    for facts in certificates:
        days = (facts.not_after - now).days
        left = f"in {counted(days, 'day')}" if facts.not_after > now else "it is over"
        yield f"caBundle: {facts.subject}, valid until {_moment(facts.not_after)} ({left})"


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%SZ}"
