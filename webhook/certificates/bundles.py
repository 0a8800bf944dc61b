"""Certificates one after the other in a PEM text: chains and bundles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from policy_engine.records import record
from webhook.certificates.errors import CertificateError

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")


@record(kw_only=True)
class CertificateFacts:
    """What people want to know of a certificate. fingerprint: SHA-256 in hexadecimal."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    fingerprint: str


def read_certificates(pem: bytes, *, what: str) -> tuple[x509.Certificate, ...]:
    """Read all certificates of a PEM text, at least one; text around them is left out, as OpenSSL and Go do.

    what: names the text in errors. Raises CertificateError where there is none, or one is damaged.
    """
    blocks = _CERTIFICATE.findall(pem)
    if not blocks:
        raise CertificateError(
            f"{what} holds no certificate in PEM", help="it starts with -----BEGIN CERTIFICATE-----"
        )
    try:
        return tuple(x509.load_pem_x509_certificate(block) for block in blocks)
    except ValueError as error:
        raise CertificateError(f"{what} holds a damaged certificate: {_one_line(error)}") from None


def to_pem(certificates: Iterable[x509.Certificate]) -> bytes:
    """Write certificates in PEM, each once, in the order given."""
    distinct = dict.fromkeys(certificates)
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in distinct)


def describe(pem: bytes, *, what: str = "the CA bundle") -> tuple[CertificateFacts, ...]:
    """Tell what a bundle holds. Raises CertificateError."""
    return tuple(
        CertificateFacts(
            subject=certificate.subject.rfc4514_string(),
            issuer=certificate.issuer.rfc4514_string(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            fingerprint=fingerprint(certificate),
        )
        for certificate in read_certificates(pem, what=what)
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """Give the SHA-256 of a certificate in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def pem_blocks(pem: bytes) -> frozenset[bytes]:
    """Give the certificates of a PEM text as their base64 alone, so that line ends and order do not count."""
    return frozenset(b"".join(block.split(b"-----")[2].split()) for block in _CERTIFICATE.findall(pem))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
