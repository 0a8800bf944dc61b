"""What the Secret of the server's own certificates holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from cryptography import x509

from policy_engine.records import record
from webhook.certificates.bundles import fingerprint, read_certificates, to_pem
from webhook.certificates.errors import CertificateError
from webhook.certificates.issuing import Authority
from webhook.certificates.pairs import Pair, read_pair

CA_CERTIFICATES = "ca.crt"
CA_KEY = "ca.key"
CERTIFICATE = "tls.crt"
KEY = "tls.key"
NEXT_CA_CERTIFICATE = "next-ca.crt"
NEXT_CA_KEY = "next-ca.key"
ROTATION = "rotation.json"
FIELDS = frozenset({CA_CERTIFICATES, CA_KEY, CERTIFICATE, KEY, NEXT_CA_CERTIFICATE, NEXT_CA_KEY, ROTATION})


@record
class Earlier:
    """A CA that signs no more. needed_until: no certificate of its own that servers show is valid after that."""

    certificate: x509.Certificate
    needed_until: datetime


@record(kw_only=True)
class Keyring:
    """The authority that signs, the certificate to serve with, and the authorities before and after.

    serving: None where there is none that can be used. successor: made known to API servers before it signs.
    known_since: when API servers were first seen to know the successor.
    """

    signer: Authority
    serving: Pair | None = None
    successor: Authority | None = None
    known_since: datetime | None = None
    earlier: tuple[Earlier, ...] = ()

    @property
    def authorities(self) -> tuple[x509.Certificate, ...]:
        """Give all authorities to trust, the one that signs first."""
        following = () if self.successor is None else (self.successor.certificate,)
        return (self.signer.certificate, *following, *(old.certificate for old in self.earlier))

    @property
    def bundle(self) -> bytes:
        """Give them in PEM."""
        return to_pem(self.authorities)

    def to_data(self) -> dict[str, bytes]:
        """Give the Secret's data."""
        rotation: dict[str, object] = {}
        if self.known_since is not None:
            rotation["knownSince"] = self.known_since.isoformat()
        if self.earlier:
            rotation["neededUntil"] = {
                fingerprint(e.certificate): e.needed_until.isoformat() for e in self.earlier
            }
        data = {CA_CERTIFICATES: self.bundle, CA_KEY: self.signer.key_pem()}
        if self.serving is not None:
            data |= {CERTIFICATE: self.serving.certificate_pem, KEY: self.serving.key_pem}
        if self.successor is not None:
            data |= {
                NEXT_CA_CERTIFICATE: to_pem([self.successor.certificate]),
                NEXT_CA_KEY: self.successor.key_pem(),
            }
        if rotation:
            data[ROTATION] = json.dumps(rotation, sort_keys=True).encode()
        return data

    @classmethod
    def of_data(cls, data: Mapping[str, bytes], *, now: datetime) -> tuple[Keyring, tuple[str, ...]]:
        """Read the Secret's data, and say what of it is damaged and left out.

        Raises CertificateError where the authority that signs cannot be used: nothing is worth keeping then.
        """
        problems: list[str] = []
        certificates = data.get(CA_CERTIFICATES, b"")
        signer = Authority.read(certificates, data.get(CA_KEY, b""), what=f"`{CA_CERTIFICATES}`")
        rotation = _rotation(data.get(ROTATION, b"{}"), problems)
        successor = _successor(data, problems)
        known_since = None if successor is None else _time(rotation.get("knownSince"))
        current = {signer.certificate} | (set() if successor is None else {successor.certificate})
        needed = rotation.get("neededUntil")
        return cls(
            signer=signer,
            serving=_serving(data, signer, now, problems),
            successor=successor,
            known_since=known_since,
            earlier=tuple(
                Earlier(old, _needed_until(old, needed if isinstance(needed, dict) else {}))
                for old in read_certificates(certificates, what=f"`{CA_CERTIFICATES}`")
                if old not in current
            ),
        ), tuple(problems)


def _serving(data: Mapping[str, bytes], signer: Authority, now: datetime, problems: list[str]) -> Pair | None:
    try:
        pair = read_pair(data.get(CERTIFICATE, b""), data.get(KEY, b""), now=now, what=f"`{CERTIFICATE}`")
    except CertificateError as error:
        problems.append(error.message)
        return None
    if not signer.has_issued(pair):
        problems.append(f"`{CERTIFICATE}` is not issued by `{CA_CERTIFICATES}`")
        return None
    return pair


def _successor(data: Mapping[str, bytes], problems: list[str]) -> Authority | None:
    if NEXT_CA_CERTIFICATE not in data and NEXT_CA_KEY not in data:
        return None
    what = f"`{NEXT_CA_CERTIFICATE}`"
    try:
        return Authority.read(data.get(NEXT_CA_CERTIFICATE, b""), data.get(NEXT_CA_KEY, b""), what=what)
    except CertificateError as error:
        problems.append(error.message)
        return None


def _rotation(text: bytes, problems: list[str]) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    problems.append(f"`{ROTATION}` is no JSON object")
    return {}


def _needed_until(certificate: x509.Certificate, needed: Mapping[str, object]) -> datetime:
    """Tell how long an earlier authority counts; where nothing says so, as long as it is valid."""
    return _time(needed.get(fingerprint(certificate))) or certificate.not_valid_after_utc


def _time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return time if time is not None and time.tzinfo is not None else None
