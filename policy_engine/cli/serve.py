"""`polgate serve`: the admission webhook."""

from __future__ import annotations

import re

import click

from policy_engine.cli.kube_version import kube_version_option
from policy_engine.cli.sections import SectionedCommand
from policy_engine.errors import InputError

_ENVIRONMENT = "POLGATE_SERVE"
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_OWN_PORT = 443


class _Duration(click.ParamType[float]):
    """A number with its unit, such as 90d; seconds for the program."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        found = _DURATION.fullmatch(str(value))
        if found is None or float(found[1]) <= 0:
            self.fail(f"expected a number with a unit (ms, s, m, h, d), such as 90d, found `{value}`", param, ctx)
        return float(found[1]) * _UNITS_S[found[2]]


class _ObjectName(click.ParamType["tuple[str, str, int]"]):
    """NAMESPACE/NAME, with a port behind it where a Service is meant."""

    name = "NAMESPACE/NAME"

    def __init__(self, *, with_port: bool = False) -> None:
        self._with_port = with_port

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str, int]:
        if isinstance(value, tuple):
            return value
        text, _, port = str(value).partition(":") if self._with_port else (str(value), "", "")
        namespace, _, name = text.partition("/")
        if not namespace or not name or "/" in name or not (port or str(_OWN_PORT)).isdigit():
            expected = "NAMESPACE/NAME or NAMESPACE/NAME:PORT" if self._with_port else "NAMESPACE/NAME"
            self.fail(f"expected {expected}, found `{value}`", param, ctx)
        return namespace, name, int(port or _OWN_PORT)


_DURATION_TYPE = _Duration()


_SECTIONS = {
    "What reviews are judged by": (
        "policies",
        "cluster",
        "bindings_selector",
        "kubeconfig",
        "kube_context",
        "kube_version",
    ),
    "Where it listens": ("host", "port", "admin_port", "workers", "max_body_bytes", "shutdown_grace"),
    "Certificate": (
        "tls_cert",
        "tls_key",
        "tls_ca",
        "tls_secret",
        "tls_dns_name",
        "certificate_lifetime",
        "ca_lifetime",
    ),
    "Registration with the API server": (
        "webhook_config",
        "webhook_service",
        "webhook_url",
        "webhook_create",
        "webhook_timeout",
        "exclude_namespace",
        "judge_kube_system",
        "ca_bundle",
    ),
}


@click.command(cls=SectionedCommand, sections=_SECTIONS, context_settings={"auto_envvar_prefix": _ENVIRONMENT})
@click.option(
    "-p", "--policies", metavar="PATH", multiple=True, help="Policies and bindings, taken up when they change."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port for reviews.")
@click.option(
    "--admin-port",
    type=click.IntRange(0, 65535),
    help="Port of its own for health, metrics and listings, without TLS. [default: the port for reviews]",
)
@click.option("--cluster", is_flag=True, help="Take policies, params and namespaces from a cluster too.")
@click.option("--kubeconfig", metavar="FILE", help="[default: the Pod's own access, or kubectl's]")
@click.option("--kube-context", metavar="NAME", help="Context of the kubeconfig.")
@click.option(
    "--bindings-selector",
    metavar="LABELS",
    default="polgate.io/enforce=true",
    show_default=True,
    help="Which bindings of the cluster are for us; empty: all.",
)
@click.option("--tls-cert", metavar="FILE", help="Certificate, reloaded when it changes.")
@click.option("--tls-key", metavar="FILE", help="Its key.")
@click.option("--tls-ca", metavar="FILE", help="What signed it, for the webhook's configuration.")
@click.option(
    "--tls-secret", type=_ObjectName(), help="Make a certificate, and keep it in this Secret for all replicas."
)
@click.option("--tls-dns-name", metavar="NAME", multiple=True, help="Name in it. [default: the Service's]")
@click.option(
    "--certificate-lifetime", type=_DURATION_TYPE, default="90d", show_default=True, help="Of what is made."
)
@click.option("--ca-lifetime", type=_DURATION_TYPE, default="3650d", show_default=True, help="Of its own CA.")
@click.option("--webhook-config", metavar="NAME", help="ValidatingWebhookConfiguration to keep up to date.")
@click.option("--webhook-service", type=_ObjectName(with_port=True), help="Service that leads here.")
@click.option("--webhook-url", metavar="URL", help="Address that leads here, where there is no Service.")
@click.option("--webhook-create", is_flag=True, help="Create the configuration where it is missing.")
@click.option("--exclude-namespace", metavar="NAME", multiple=True, help="Never ask about objects in there.")
@click.option("--judge-kube-system", is_flag=True, help="Ask about kube-system too, which is left out otherwise.")
@click.option(
    "--webhook-timeout",
    type=_DURATION_TYPE,
    default="5s",
    show_default=True,
    help="How long the API server waits.",
)
@click.option("--ca-bundle", metavar="FILE", help="CA for the configuration, instead of --tls-ca.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@kube_version_option
@click.option(
    "--max-body-bytes",
    type=click.IntRange(1024),
    default=16 * 1024 * 1024,
    show_default=True,
    help="A larger review is refused.",
)
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True
)
@click.option("--log-format", type=click.Choice(["json", "text"]), default="json", show_default=True)
@click.option(
    "--shutdown-grace",
    type=_DURATION_TYPE,
    help="After SIGTERM, go on answering for so long. [default: not at all; 5s with --webhook-config]",
)
def serve(**options: object) -> int:
    """Answer admission reviews at POST /validate, as a validating webhook of Kubernetes.

    Each option can be given by the environment too: --webhook-config as POLGATE_SERVE_WEBHOOK_CONFIG.
    Policies of files without a binding are bound to everything, with Deny. What is served besides: /healthz,
    /readyz, /metrics, /policies, /docs.

    \b
    Example:
      polgate serve --policies policies/
      curl --data @review.json --header 'Content-Type: application/json' localhost:8080/validate
    """
    try:
        from webhook.main import run
        from webhook.options import settings_of
    except ImportError as error:
        if (error.name or "").partition(".")[0] in ("policy_engine", "webhook"):
            raise
        raise InputError(
            f"the server needs packages that are not installed: {error}", help="pip install 'polgate[server]'"
        ) from None
    return run(settings_of(options))
