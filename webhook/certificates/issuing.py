"""The server's own certificate authority, and the certificates it issues."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from policy_engine.records import record
from webhook.certificates.bundles import read_certificates, to_pem
from webhook.certificates.errors import CertificateError
from webhook.certificates.pairs import Pair, read_pair

# Certificates begin in the past, so that an API server whose clock is behind accepts them; those that live for
# seconds begin by a part of that, or their life would lie behind them.
_LONGEST_BACKDATE = timedelta(minutes=5)
_BACKDATED_PART = 10

_MAX_COMMON_NAME = 64  # RFC 5280, ub-common-name


class Authority:
    """A certificate authority with its private key."""

    __slots__ = ("certificate", "key")

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self.key = key

    @classmethod
    def make(cls, *, now: datetime, lifetime: timedelta) -> Authority:
        """Make a new authority: P-256, for nothing but issuing serving certificates."""
        key = ec.generate_private_key(ec.SECP256R1())
        serial = x509.random_serial_number()
        # Each has a name of its own: with two in a bundle, people and verifiers tell them apart.
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"polgate webhook CA {serial:040x}"[:27])])
        builder = _builder(subject=name, issuer=name, serial=serial, now=now, lifetime=lifetime)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = (
            builder.public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(ca=True), critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def read(cls, certificate_pem: bytes, key_pem: bytes, *, what: str) -> Authority:
        """Read an authority; of several certificates the first. Raises CertificateError; never quotes the key."""
        certificate = read_certificates(certificate_pem, what=what)[0]
        try:
            key = load_pem_private_key(key_pem, password=None)
        except Exception:  # whatever it is, what it says may quote the key
            raise CertificateError(f"the key of {what} cannot be read") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise CertificateError(f"{what} and its key do not belong together")
        return cls(certificate, key)

    @property
    def not_after(self) -> datetime:
        """Give the time at which it expires."""
        return self.certificate.not_valid_after_utc

    def key_pem(self) -> bytes:
        """Write the private key in PEM, for the Secret alone."""
        return _key_pem(self.key)

    def has_issued(self, pair: Pair) -> bool:
        """Tell whether this authority's key signed a certificate."""
        leaf = read_certificates(pair.certificate_pem, what="the certificate")[0]
        try:
            leaf.verify_directly_issued_by(self.certificate)
        except Exception:  # a wrong name, signature or kind of key: in every case somebody else's
            return False
        return True

    def issue(self, names: Sequence[str], *, now: datetime, lifetime: timedelta) -> Pair:
        """Issue a serving certificate for DNS names and IP addresses. It never outlives the authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        common = next((name for name in names if len(name) <= _MAX_COMMON_NAME), "polgate")
        builder = _builder(
            subject=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)]),
            issuer=self.certificate.subject,
            serial=x509.random_serial_number(),
            now=now,
            lifetime=min(lifetime, self.not_after - now),
        )
        issuer_identifier = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        certificate = (
            builder.public_key(key.public_key())
            .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(ca=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_identifier), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )
        return read_pair(to_pem([certificate]), _key_pem(key), now=now)


@record(kw_only=True)
class Lifetimes:
    """How long own certificates live.

    settling: how long a new authority has to be known to API servers before certificates are signed by it.
    """

    certificate: timedelta = timedelta(days=90)
    authority: timedelta = timedelta(days=3650)
    settling: timedelta = timedelta(minutes=5)

    @classmethod
    def of(cls, *, certificate: timedelta, authority: timedelta) -> Lifetimes:
        """Choose the settling time by the rest. Raises CertificateError where the lifetimes make no sense."""
        if certificate < timedelta(seconds=3):
            raise CertificateError(
                f"a certificate lifetime of {certificate.total_seconds():g} s is too short to renew it in time",
                help="give at least 3 s; the default is 90 days",
            )
        if authority < 3 * certificate:
            raise CertificateError(
                f"the CA lifetime of {authority.total_seconds():g} s is less than three times the certificate "
                f"lifetime of {certificate.total_seconds():g} s",
                help="certificates would end with their CA: give the CA more, or certificates less",
            )
        return cls(certificate=certificate, authority=authority, settling=min(cls().settling, authority / 20))


def service_names(namespace: str, service: str) -> tuple[str, ...]:
    """Give the names by which a Service is reached; API servers use the first."""
    return (
        f"{service}.{namespace}.svc",
        f"{service}.{namespace}.svc.cluster.local",
        f"{service}.{namespace}",
        service,
    )


def is_due(not_before: datetime, not_after: datetime, now: datetime) -> bool:
    """Tell whether two thirds of a life are over, the time to renew."""
    return now >= not_after - (not_after - not_before) / 3


def _builder(
    *, subject: x509.Name, issuer: x509.Name, serial: int, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    backdate = min(_LONGEST_BACKDATE, lifetime / _BACKDATED_PART)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(serial)
        .not_valid_before((now - backdate).replace(microsecond=0))
        .not_valid_after((now + lifetime).replace(microsecond=0))
    )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name.lower())
    except ValueError:
        raise CertificateError(
            f"`{name}` is no DNS name for a certificate", help="write international names in their xn-- form"
        ) from None


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
