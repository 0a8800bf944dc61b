"""The options that the chart gives to the server: they exist, they go together, and they say what values say."""

from __future__ import annotations

from typing import Any

import click
import pytest

from policy_engine.cli.serve import serve
from webhook.options import settings_of
from webhook.settings import Settings, TlsFiles, TlsSecret


def settings(objects: Any) -> Settings:
    """Read the container's arguments as `polgate serve` does."""
    (deployment,) = [one for (kind, _), one in objects.items() if kind == "Deployment"]
    arguments = list(deployment["spec"]["template"]["spec"]["containers"][0]["args"])
    with serve.make_context("serve", arguments) as context:
        return settings_of(context.params)


def test_the_server_takes_all_that_it_is_given(objects: Any) -> None:
    assert isinstance(settings(objects), Settings)


def test_an_option_that_does_not_exist_would_be_noticed(render: Any) -> None:
    with pytest.raises(click.NoSuchOption):
        settings(render(more={"server": {"extraArgs": ["--no-such-option"]}}))


def test_the_server_registers_the_service_that_the_chart_makes(render: Any) -> None:
    objects = render("everything")
    registration = settings(objects).registration
    assert registration is not None
    assert registration.service is not None
    namespace, name, port = registration.service
    ports = [one["port"] for one in objects["Service", name]["spec"]["ports"]]
    assert (namespace, port) == ("gate", ports[0])
    assert ("ValidatingWebhookConfiguration", registration.configuration) in objects
    assert registration.excluded_namespaces == ("openshift-monitoring", "storage")
    assert registration.timeout_s == 3


def test_the_server_keeps_its_certificates_in_the_secret_that_the_chart_makes(render: Any) -> None:
    objects = render("everything")
    tls = settings(objects).tls
    assert isinstance(tls, TlsSecret)
    assert ("Secret", tls.name) in objects
    assert tls.namespace == "gate"
    assert tls.dns_names == ("the-gate.gate.svc", "the-gate.gate.svc.cluster.local", "polgate.example")
    assert (tls.lifetime_s, tls.ca_lifetime_s) == (12 * 3600, 100 * 86400)


@pytest.mark.parametrize(("values", "ca"), [("cert-manager", "/etc/polgate/tls/ca.crt"), ("cainjector", None)])
def test_the_server_reads_the_certificates_that_are_mounted(render: Any, values: str, ca: str | None) -> None:
    tls = settings(render(values)).tls
    assert tls == TlsFiles(certificate="/etc/polgate/tls/tls.crt", key="/etc/polgate/tls/tls.key", ca=ca)


def test_the_server_listens_where_probes_and_services_lead(render: Any) -> None:
    objects = render("everything")
    listening = settings(objects)
    (deployment,) = [one for (kind, _), one in objects.items() if kind == "Deployment"]
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert {port["name"]: port["containerPort"] for port in container["ports"]} == {
        "https": listening.port,
        "admin": listening.admin_port,
    }
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == "admin"
