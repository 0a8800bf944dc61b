"""A serving certificate with its key, checked before anybody uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from ipaddress import ip_address
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from policy_engine.records import record
from webhook.certificates.bundles import read_certificates
from webhook.certificates.errors import CertificateError

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@record(kw_only=True)
class Pair:
    """A certificate that servers may show, with its key. certificate_pem: intermediates may follow.

    names: DNS names and IP addresses it is for. serial: in hexadecimal, to tell one from the next in logs.
    """

    certificate_pem: bytes = field(repr=False)
    key_pem: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime
    names: frozenset[str]
    serial: str

    def is_for(self, names: Sequence[str]) -> bool:
        """Tell whether every one of the names is on the certificate."""
        return {canonical_name(name) for name in names} <= self.names


def read_pair(certificate_pem: bytes, key_pem: bytes, *, now: datetime, what: str = "the certificate") -> Pair:
    """Read a certificate and its key, and make sure that they can serve.

    what: names them in errors. Raises CertificateError: damaged, not for servers, the key of another one (as when
    only one of two files is written yet), expired, not yet valid.
    """
    leaf = read_certificates(certificate_pem, what=what)[0]
    _check_key(leaf, key_pem, what)
    _check_times(leaf, now, what)
    return Pair(
        certificate_pem=certificate_pem,
        key_pem=key_pem,
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        names=_names(leaf, what),
        serial=f"{leaf.serial_number:x}",
    )


def canonical_name(name: str) -> str:
    """Give the one way of writing a DNS name or IP address."""
    try:
        return str(ip_address(name))
    except ValueError:
        return name.lower()


def _check_key(leaf: x509.Certificate, key_pem: bytes, what: str) -> None:
    try:
        key = load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # what they say may quote the key
        raise CertificateError(
            f"the key of {what} cannot be read", help="give an unencrypted private key in PEM"
        ) from None
    encoded = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        fits = key.public_key().public_bytes(*encoded) == leaf.public_key().public_bytes(*encoded)
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError(f"{what} has a public key of an unknown kind") from None
    if not fits:
        raise CertificateError(f"{what} and its key do not belong together")


def _check_times(leaf: x509.Certificate, now: datetime, what: str) -> None:
    if leaf.not_valid_after_utc <= now:
        raise CertificateError(f"{what} expired at {leaf.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}")
    if leaf.not_valid_before_utc > now:
        raise CertificateError(
            f"{what} is not valid before {leaf.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
            help="compare this machine's clock with that of the one that issued it",
        )


def _names(leaf: x509.Certificate, what: str) -> frozenset[str]:
    """Read the names; API servers look at subjectAltName alone."""
    try:
        usage = _extension(leaf, x509.ExtendedKeyUsage)
        names = _extension(leaf, x509.SubjectAlternativeName)
    except (ValueError, x509.DuplicateExtension) as error:
        raise CertificateError(f"{what} has damaged extensions") from error
    server, any_use = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
    if usage is not None and server not in usage and any_use not in usage:
        raise CertificateError(f"{what} is not for servers: its extended key usage lacks serverAuth")
    if names is None:
        raise CertificateError(
            f"{what} has no subjectAltName: no API server accepts it",
            help="issue it for the DNS name of the service, <service>.<namespace>.svc",
        )
    dns = names.get_values_for_type(x509.DNSName)
    addresses = names.get_values_for_type(x509.IPAddress)
    return frozenset({canonical_name(name) for name in dns} | {str(address) for address in addresses})


def _extension(leaf: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return leaf.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
