"""The command line's options turned into settings, with what is missing or does not go together told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_engine.errors import InputError
from webhook.settings import ApiAccess, Registration, Settings, TlsFiles, TlsSecret

_KUBERNETES_SECONDS = range(1, 31)  # what timeoutSeconds may be
_GRACE_S = 5.0  # for kube-proxy and others to take a Pod that stops out of the Service


def settings_of(options: Mapping[str, Any]) -> Settings:
    """Make settings of options by their names. Raises: InputError where they do not go together."""
    if not options["policies"] and not options["cluster"]:
        raise InputError("there is nothing to judge by", help="name --policies, or --cluster, or both")
    registration = _registration(options)
    tls = _tls(options, registration)
    if registration is not None and tls is None:
        raise InputError(
            "the API server calls webhooks by https only", help="give --tls-cert and --tls-key, or --tls-secret"
        )
    grace_s = options["shutdown_grace"]
    return Settings(
        policies=tuple(options["policies"]),
        host=options["host"],
        port=options["port"],
        admin_port=options["admin_port"],
        tls=tls,
        api=_api_access(options),
        bindings_selector=options["bindings_selector"] if options["cluster"] else None,
        registration=registration,
        workers=options["workers"],
        kube_version=options["kube_version"],
        max_body_bytes=options["max_body_bytes"],
        log_level=options["log_level"],
        log_as_json=options["log_format"] == "json",
        shutdown_grace_s=grace_s if grace_s is not None else _GRACE_S if registration is not None else 0.0,
    )


def _api_access(options: Mapping[str, Any]) -> ApiAccess | None:
    if options["cluster"] or options["tls_secret"] or options["webhook_config"]:
        return ApiAccess(kubeconfig=options["kubeconfig"], kube_context=options["kube_context"])
    for flag, name in (("--kubeconfig", "kubeconfig"), ("--kube-context", "kube_context")):
        if options[name]:
            raise InputError(f"{flag} says where a cluster is, but nothing asks for one", help="add --cluster")
    return None


def _tls(options: Mapping[str, Any], registration: Registration | None) -> TlsFiles | TlsSecret | None:
    certificate, key, secret = options["tls_cert"], options["tls_key"], options["tls_secret"]
    if secret is not None:
        if certificate or key:
            raise InputError(
                "--tls-secret makes a certificate, --tls-cert brings one", help="leave out one of them"
            )
        names = tuple(options["tls_dns_name"]) or _names_of(registration)
        if not names:
            raise InputError(
                "--tls-secret needs to know the names to certify", help="give --tls-dns-name or --webhook-service"
            )
        return TlsSecret(
            namespace=secret[0],
            name=secret[1],
            dns_names=names,
            lifetime_s=options["certificate_lifetime"],
            ca_lifetime_s=options["ca_lifetime"],
        )
    if bool(certificate) != bool(key):
        missing = "--tls-key" if certificate else "--tls-cert"
        raise InputError("a certificate needs its key", help=f"give {missing} too")
    return TlsFiles(certificate=certificate, key=key, ca=options["tls_ca"]) if certificate else None


def _names_of(registration: Registration | None) -> tuple[str, ...]:
    """Give the names at which the API server reaches a Service: it asks for the first."""
    if registration is None or registration.service is None:
        return ()
    namespace, name, _ = registration.service
    return f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local", f"{name}.{namespace}", name


def _registration(options: Mapping[str, Any]) -> Registration | None:
    name, service, url = options["webhook_config"], options["webhook_service"], options["webhook_url"]
    if not name:
        if service or url:
            raise InputError(
                "there is an address, but no configuration to write it to", help="give --webhook-config"
            )
        return None
    if bool(service) == bool(url):
        raise InputError(
            "the API server needs one address of this server", help="give --webhook-service or --webhook-url"
        )
    if url and not url.startswith("https://"):
        raise InputError(f"expected an https:// address, found `{url}`", help="webhooks are called by https only")
    timeout_s = options["webhook_timeout"]
    if timeout_s not in _KUBERNETES_SECONDS:
        raise InputError(f"--webhook-timeout: Kubernetes takes whole seconds from 1 to 30, found {timeout_s:g} s")
    return Registration(
        configuration=name,
        service=service,
        url=url,
        excluded_namespaces=tuple(options["exclude_namespace"]),
        judges_control_plane=options["judge_kube_system"],
        timeout_s=int(timeout_s),
        ca_bundle=options["ca_bundle"],
        create=options["webhook_create"],
    )
