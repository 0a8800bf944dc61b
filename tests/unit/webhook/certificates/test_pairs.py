from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from webhook.certificates.errors import CertificateError
from webhook.certificates.issuing import Authority
from webhook.certificates.pairs import read_pair

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
AUTHORITY = Authority.make(now=NOW, lifetime=1000 * DAY)
NAMES = x509.SubjectAlternativeName([x509.DNSName("web.example")])
PLAIN = NoEncryption()
ONE, OTHER = (AUTHORITY.issue(["web.example"], now=NOW, lifetime=90 * DAY) for _ in range(2))


def certificate_with(
    extensions: list[x509.ExtensionType], *, encryption: KeySerializationEncryption = PLAIN
) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, NOW - DAY, NOW + DAY)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def refusal(certificate: bytes, key: bytes, *, now: datetime = NOW) -> str:
    with pytest.raises(CertificateError) as caught:
        read_pair(certificate, key, now=now, what="`tls.crt`")
    return caught.value.message


def test_a_pair_is_read_with_its_names_and_times() -> None:
    pair = read_pair(ONE.certificate_pem, ONE.key_pem, now=NOW)
    assert (pair.names, pair.not_after) == (frozenset({"web.example"}), NOW + 90 * DAY)


def test_a_key_of_another_certificate_is_refused() -> None:
    assert refusal(ONE.certificate_pem, OTHER.key_pem) == "`tls.crt` and its key do not belong together"


def test_a_certificate_that_expired_is_refused() -> None:
    assert refusal(ONE.certificate_pem, ONE.key_pem, now=NOW + 90 * DAY) == (
        "`tls.crt` expired at 2026-07-30T12:00:00Z"
    )


def test_a_certificate_of_tomorrow_is_refused() -> None:
    assert "is not valid before" in refusal(ONE.certificate_pem, ONE.key_pem, now=NOW - DAY)


@pytest.mark.parametrize("cut", range(0, len(ONE.certificate_pem), 97))
def test_a_half_written_certificate_is_refused(cut: int) -> None:
    assert "`tls.crt` holds" in refusal(ONE.certificate_pem[:cut], ONE.key_pem)


@pytest.mark.parametrize("cut", range(0, len(ONE.key_pem), 41))
def test_a_half_written_key_is_refused_and_not_quoted(cut: int) -> None:
    said = refusal(ONE.certificate_pem, ONE.key_pem[:cut])
    assert said == "the key of `tls.crt` cannot be read"


def test_an_encrypted_key_is_refused() -> None:
    pair = certificate_with([NAMES], encryption=BestAvailableEncryption(b"x"))
    assert refusal(*pair) == "the key of `tls.crt` cannot be read"


def test_what_a_pair_shows_of_itself_is_not_its_key() -> None:
    assert b"PRIVATE" in ONE.key_pem
    assert "PRIVATE" not in repr(ONE)


@pytest.mark.parametrize(
    ("extensions", "said"),
    [
        ([], "`tls.crt` has no subjectAltName: no API server accepts it"),
        (
            [NAMES, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])],
            "`tls.crt` is not for servers: its extended key usage lacks serverAuth",
        ),
    ],
)
def test_a_certificate_that_api_servers_would_refuse_is_refused(
    extensions: list[x509.ExtensionType], said: str
) -> None:
    assert refusal(*certificate_with(extensions)) == said


def test_names_are_compared_without_case_and_addresses_by_value() -> None:
    pair = AUTHORITY.issue(["web.example", "::1"], now=NOW, lifetime=DAY)
    assert pair.is_for(["WEB.example", "0:0::1"])
    assert not pair.is_for(["web.example", "api.example"])
