from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from webhook.certificates.bundles import read_certificates
from webhook.certificates.errors import CertificateError
from webhook.certificates.issuing import Authority, Lifetimes, is_due, service_names

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make(now=NOW, lifetime=10 * YEAR)


def leaf_of(authority: Authority, *names: str) -> x509.Certificate:
    pair = authority.issue(names, now=NOW, lifetime=timedelta(days=90))
    return read_certificates(pair.certificate_pem, what="it")[0]


def test_a_verifier_that_follows_rfc_5280_accepts_what_an_authority_issues(authority: Authority) -> None:
    leaf = leaf_of(authority, "polgate.polgate-system.svc")
    verifier = (
        PolicyBuilder()
        .store(Store([authority.certificate]))
        .time(NOW)
        .build_server_verifier(x509.DNSName("polgate.polgate-system.svc"))
    )
    assert verifier.verify(leaf, []) == [leaf, authority.certificate]


def test_a_certificate_names_dns_names_and_addresses(authority: Authority) -> None:
    names = leaf_of(authority, "Web.example", "127.0.0.1", "::1").extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["web.example"]
    assert [str(address) for address in names.value.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


def test_a_certificate_is_for_servers_alone_and_issues_none(authority: Authority) -> None:
    extensions = leaf_of(authority, "web.example").extensions
    usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert (constraints.critical, constraints.value.ca) == (True, False)


def test_an_authority_issues_no_further_authorities(authority: Authority) -> None:
    constraints = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)


def test_keys_are_p_256(authority: Authority) -> None:
    for certificate in (authority.certificate, leaf_of(authority, "web.example")):
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.name == "secp256r1"


def test_a_certificate_points_at_the_key_that_signed_it(authority: Authority) -> None:
    own = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    pointed = (
        leaf_of(authority, "web.example").extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    )
    assert pointed.key_identifier == own.digest


def test_certificates_begin_in_the_past_for_clocks_that_are_behind(authority: Authority) -> None:
    assert leaf_of(authority, "web.example").not_valid_before_utc == NOW - timedelta(minutes=5)


def test_a_certificate_for_seconds_begins_little_in_the_past(authority: Authority) -> None:
    pair = authority.issue(["web.example"], now=NOW, lifetime=timedelta(seconds=20))
    assert pair.not_before == NOW - timedelta(seconds=2)
    assert not is_due(pair.not_before, pair.not_after, NOW + timedelta(seconds=12))
    assert is_due(pair.not_before, pair.not_after, NOW + timedelta(seconds=14))


def test_a_certificate_does_not_outlive_its_authority() -> None:
    authority = Authority.make(now=NOW, lifetime=timedelta(days=30))
    pair = authority.issue(["web.example"], now=NOW + timedelta(days=25), lifetime=timedelta(days=90))
    assert pair.not_after == authority.not_after


def test_two_authorities_differ_in_name_and_key() -> None:
    one, other = (Authority.make(now=NOW, lifetime=YEAR) for _ in range(2))
    assert one.certificate.subject != other.certificate.subject
    assert not other.has_issued(one.issue(["web.example"], now=NOW, lifetime=YEAR))


def test_a_long_name_is_in_the_alternative_names_though_no_common_name_holds_it(authority: Authority) -> None:
    name = ".".join(["a" * 60] * 3) + ".svc"
    assert authority.issue([name], now=NOW, lifetime=YEAR).is_for([name])


def test_a_name_that_no_certificate_can_have_is_named(authority: Authority) -> None:
    with pytest.raises(CertificateError, match=re.escape("`bücher.example` is no DNS name for a certificate")):
        authority.issue(["bücher.example"], now=NOW, lifetime=YEAR)


def test_a_service_is_known_by_the_name_that_api_servers_use() -> None:
    assert service_names("polgate-system", "polgate")[0] == "polgate.polgate-system.svc"


@pytest.mark.parametrize(
    ("certificate_s", "authority_s", "said"),
    [
        (1, 60, "a certificate lifetime of 1 s is too short"),
        (60, 100, "the CA lifetime of 100 s is less than three"),
    ],
)
def test_lifetimes_that_cannot_work_are_refused(certificate_s: int, authority_s: int, said: str) -> None:
    with pytest.raises(CertificateError, match=said):
        Lifetimes.of(certificate=timedelta(seconds=certificate_s), authority=timedelta(seconds=authority_s))


def test_short_lives_settle_quickly() -> None:
    short = Lifetimes.of(certificate=timedelta(seconds=20), authority=timedelta(seconds=60))
    assert short.settling == timedelta(seconds=3)
    assert Lifetimes.of(certificate=timedelta(days=90), authority=10 * YEAR).settling == timedelta(minutes=5)
