"""Who the server is to the API server: its certificate."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from webhook.certificates.errors import CertificateError
from webhook.certificates.files import FileCertificates
from webhook.certificates.issuing import Lifetimes
from webhook.certificates.secret import SecretCertificates
from webhook.certificates.source import CertificateSource
from webhook.certificates.tls import ServerTls
from webhook.cluster.api import ClusterClient
from webhook.settings import TlsFiles, TlsSecret

_log = logging.getLogger("polgate.certificates")
_DAY = timedelta(days=1)


class Identity:
    """The certificate of a process, from wherever it comes, and the TLS that new connections get."""

    def __init__(
        self,
        settings: TlsFiles | TlsSecret,
        api: Callable[[], ClusterClient],
        *,
        is_known: Callable[[bytes], bool] = lambda pem: True,
    ) -> None:
        """Prepare. api: called where the certificate is kept in the cluster. is_known: see SecretCertificates."""
        self.tls = ServerTls()
        self.source = _source(settings, api, is_known)
        self.source.listen(self._load)

    def start(self) -> None:
        """Begin. Raises: CertificateError for files that cannot be used."""
        self.source.start()

    def stop(self) -> None:
        """End renewing and watching."""
        self.source.stop()

    def waiting_for(self) -> str | None:
        """Say what is missing before anybody can connect."""
        return None if self.tls.is_loaded else "there is no certificate yet"

    def days_left(self) -> Mapping[str, float]:
        """Tell for how many days each certificate is valid."""
        now = datetime.now(UTC)
        return {name: (expiry - now) / _DAY for name, expiry in self.source.expiries().items()}

    def _load(self) -> None:
        pair = self.source.pair
        if pair is None:
            return
        try:
            self.tls.load(pair)
        except CertificateError as error:
            _log.error("a certificate is not taken, the one before goes on: %s", error.message)


def _source(
    settings: TlsFiles | TlsSecret, api: Callable[[], ClusterClient], is_known: Callable[[bytes], bool]
) -> CertificateSource:
    if isinstance(settings, TlsFiles):
        ca = None if settings.ca is None else Path(settings.ca)
        return FileCertificates(Path(settings.certificate), Path(settings.key), ca=ca, is_known=is_known)
    return SecretCertificates(
        api(),
        settings.namespace,
        settings.name,
        names=settings.dns_names,
        lifetimes=Lifetimes.of(
            certificate=timedelta(seconds=settings.lifetime_s), authority=timedelta(seconds=settings.ca_lifetime_s)
        ),
        is_known=is_known,
    )
