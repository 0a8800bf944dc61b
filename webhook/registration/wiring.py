"""The registration of this process, wired to what it depends on."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from policy_engine.errors import InputError
from webhook.certificates.bundles import read_certificates
from webhook.certificates.source import CertificateSource
from webhook.cluster.api import ClusterClient
from webhook.registration.configuration import Address, ServiceAddress, UrlAddress
from webhook.registration.configuration import Settings as KeeperSettings
from webhook.registration.keeper import Keeper
from webhook.registration.probe import probe
from webhook.settings import Registration


def make_keeper(
    settings: Registration, api: ClusterClient, certificates: CertificateSource, *, is_ready: Callable[[], bool]
) -> Keeper:
    """Make what keeps the webhook configuration.

    Raises: InputError where the CA bundle cannot be read, or the settings are none that API servers take.
    """
    given = None if settings.ca_bundle is None else _read_bundle(settings.ca_bundle)
    return Keeper(
        api,
        KeeperSettings(
            name=settings.configuration,
            address=_address(settings),
            excluded_namespaces=settings.excluded_namespaces,
            judges_control_plane=settings.judges_control_plane,
            timeout_s=settings.timeout_s,
            keeps_ca_bundle=given is not None or certificates.keeps_ca_bundle,
        ),
        instance=f"{socket.gethostname()}/{os.getpid()}",
        bundle=lambda: given or certificates.ca_bundle,
        is_ready=is_ready,
        probe=probe,
        create=settings.create,
    )


def _address(settings: Registration) -> Address:
    if settings.service is not None:
        namespace, name, port = settings.service
        return ServiceAddress(namespace=namespace, name=name, port=port)
    return UrlAddress.parse(settings.url or "")


def _read_bundle(path: str) -> bytes:
    try:
        bundle = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {(error.strerror or str(error)).lower()}") from None
    read_certificates(bundle, what=f"`{path}`")
    return bundle
