"""Years of certificates in milliseconds: the clock is an argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webhook.certificates.bundles import pem_blocks, read_certificates, to_pem
from webhook.certificates.issuing import Authority, Lifetimes
from webhook.certificates.keyring import Earlier, Keyring
from webhook.certificates.rotation import Advance, advance

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LIVES = Lifetimes.of(certificate=90 * DAY, authority=900 * DAY)
NAMES = ("polgate.polgate-system.svc",)


def known(pem: bytes) -> bool:
    return True


def unknown(pem: bytes) -> bool:
    return False


def known_from(bundle: bytes) -> Callable[[bytes], bool]:
    """Know what is in a bundle, and nothing else."""
    return lambda pem: pem_blocks(pem) <= pem_blocks(bundle)


def step(
    keyring: Keyring | None,
    now: datetime,
    *,
    is_known: Callable[[bytes], bool] = known,
    names: tuple[str, ...] = NAMES,
    in_use: Earlier | None = None,
    lifetimes: Lifetimes = LIVES,
) -> Advance:
    return advance(keyring, now=now, names=names, lifetimes=lifetimes, is_known=is_known, in_use=in_use)


@pytest.fixture(scope="module")
def first() -> Keyring:
    return step(None, START).keyring


@pytest.fixture(scope="module")
def introduced(first: Keyring) -> Keyring:
    """Two authorities, the second of which API servers do not know yet."""
    return step(first, START + 600 * DAY, is_known=unknown).keyring


def test_out_of_nothing_come_an_authority_and_a_certificate(first: Keyring) -> None:
    assert first.serving is not None
    assert first.signer.has_issued(first.serving)
    assert first.serving.is_for(NAMES)


def test_nothing_happens_before_it_is_due(first: Keyring) -> None:
    later = step(first, START + 59 * DAY)
    assert (later.keyring, later.steps) == (first, ())


def test_a_certificate_is_renewed_at_two_thirds_of_its_life(first: Keyring) -> None:
    later = step(first, START + 60 * DAY)
    assert later.steps == (
        "renewed the certificate, two thirds of its life are over; it ends at 2026-04-01T00:00:00Z",
    )
    assert later.keyring.serving is not None
    assert later.keyring.serving.not_after == START + 150 * DAY
    assert later.keyring.signer is first.signer


def test_a_name_that_is_missing_renews_the_certificate_and_leaves_those_that_are_there(first: Keyring) -> None:
    later = step(first, START + DAY, names=("new.example",)).keyring
    assert later.serving is not None
    assert later.serving.names == {"new.example", *NAMES}


def test_replicas_that_want_other_names_do_not_take_turns(first: Keyring) -> None:
    both = step(first, START + DAY, names=("new.example",)).keyring
    assert step(both, START + DAY).steps == ()


def test_names_that_nobody_wants_any_more_go_with_the_next_renewal(first: Keyring) -> None:
    both = step(first, START + DAY, names=("new.example",)).keyring
    later = step(both, START + 70 * DAY, names=("new.example",)).keyring
    assert later.serving is not None
    assert later.serving.names == {"new.example"}


def test_the_next_authority_joins_the_bundle_before_it_signs(first: Keyring, introduced: Keyring) -> None:
    assert introduced.successor is not None
    assert introduced.authorities == (first.signer.certificate, introduced.successor.certificate)
    assert introduced.serving is not None
    assert first.signer.has_issued(introduced.serving)


def test_the_next_authority_does_not_sign_while_api_servers_do_not_know_it(introduced: Keyring) -> None:
    later = step(introduced, START + 650 * DAY, is_known=unknown).keyring
    assert later.signer is introduced.signer


def test_the_next_authority_does_not_sign_before_the_settling_time_is_over(introduced: Keyring) -> None:
    seen = START + 600 * DAY
    noted = step(introduced, seen).keyring
    assert noted.known_since == seen
    assert step(noted, seen + LIVES.settling - timedelta(seconds=1)).keyring.signer is introduced.signer


def test_the_next_authority_signs_after_the_settling_time_first_of_all_a_new_certificate(
    introduced: Keyring,
) -> None:
    seen = START + 600 * DAY
    noted = step(introduced, seen).keyring
    later = step(noted, seen + LIVES.settling)
    assert later.steps == ("the next CA signs from now on", "issued a certificate")
    assert introduced.successor is not None
    assert later.keyring.signer.certificate == introduced.successor.certificate
    assert later.keyring.serving is not None
    assert introduced.successor.has_issued(later.keyring.serving)


def test_the_next_authority_does_not_sign_when_somebody_took_it_from_the_configuration(
    introduced: Keyring,
) -> None:
    noted = step(introduced, START + 600 * DAY).keyring
    assert step(noted, START + 601 * DAY, is_known=unknown).keyring.signer is introduced.signer


def test_the_old_authority_stays_until_the_last_certificate_it_signed_has_expired(introduced: Keyring) -> None:
    assert introduced.serving is not None
    end = introduced.serving.not_after
    noted = step(introduced, START + 600 * DAY).keyring
    after = step(noted, START + 601 * DAY).keyring
    old = introduced.signer.certificate
    assert old in step(after, end - timedelta(seconds=1)).keyring.authorities
    assert old not in step(after, end).keyring.authorities


def test_an_authority_that_expired_is_followed_by_its_successor_known_or_not(introduced: Keyring) -> None:
    assert introduced.successor is not None
    later = step(introduced, START + 900 * DAY, is_known=unknown).keyring
    assert later.signer is introduced.successor


def test_after_all_authorities_expired_there_are_new_ones(introduced: Keyring) -> None:
    later = step(introduced, START + 5000 * DAY, is_known=unknown).keyring
    assert later.signer.not_after == START + 5900 * DAY
    assert later.serving is not None
    assert later.signer.has_issued(later.serving)


def test_an_authority_in_use_that_the_secret_lost_stays_trusted(first: Keyring) -> None:
    old = Earlier(Authority.make(now=START, lifetime=900 * DAY).certificate, START + DAY)
    later = step(first, START, in_use=old).keyring
    assert old.certificate in later.authorities
    assert old.certificate not in step(later, START + DAY).keyring.authorities


@pytest.mark.parametrize(
    "lifetimes",
    [
        LIVES,
        Lifetimes.of(certificate=timedelta(seconds=20), authority=timedelta(seconds=60)),
        Lifetimes.of(certificate=timedelta(hours=24), authority=timedelta(days=4)),
    ],
)
def test_over_ten_lives_every_certificate_shown_is_trusted_by_what_was_published_before(
    lifetimes: Lifetimes,
) -> None:
    """API servers learn of a bundle one look late, and go by it until the next one."""
    look = lifetimes.certificate / 10
    keyring, published, now, authorities = None, b"", START, set()
    while now < START + 10 * lifetimes.authority:
        keyring = step(keyring, now, is_known=known_from(published), lifetimes=lifetimes).keyring
        assert keyring.serving is not None
        assert keyring.serving.not_after > now
        if published:  # the first one of all is published before the webhook is registered
            assert to_pem([keyring.signer.certificate]) in published
        assert len(keyring.authorities) <= 3
        authorities.add(keyring.signer.certificate)
        published = keyring.bundle
        now += look
    assert len(authorities) >= 10


def test_a_keyring_is_read_as_it_was_written(introduced: Keyring) -> None:
    noted = step(introduced, START + 600 * DAY).keyring
    promoted = step(step(noted, START + 601 * DAY).keyring, START + 601 * DAY).keyring
    for keyring in (introduced, noted, promoted):
        data = keyring.to_data()
        read, problems = Keyring.of_data(data, now=START + 601 * DAY)
        assert problems == ()
        assert read.to_data() == data


def test_the_bundle_in_the_secret_begins_with_the_authority_that_signs(introduced: Keyring) -> None:
    data = introduced.to_data()
    assert read_certificates(data["ca.crt"], what="it")[0] == introduced.signer.certificate


def test_an_earlier_authority_of_which_nothing_is_noted_stays_as_long_as_it_is_valid(first: Keyring) -> None:
    old = Authority.make(now=START, lifetime=30 * DAY).certificate
    data = first.to_data()
    data["ca.crt"] += to_pem([old])
    read, _ = Keyring.of_data(data, now=START)
    assert read.earlier == (Earlier(old, old.not_valid_after_utc),)


@pytest.mark.parametrize("field", ["tls.crt", "tls.key", "next-ca.crt", "next-ca.key", "rotation.json"])
@pytest.mark.parametrize("garbage", [b"", b"?", b"[]", b"\xff"])
def test_garbage_beside_the_authority_is_told_and_made_anew(
    introduced: Keyring, field: str, garbage: bytes
) -> None:
    data = {**step(introduced, START + 600 * DAY).keyring.to_data(), field: garbage}
    now = START + 600 * DAY
    read, problems = Keyring.of_data(data, now=now)
    assert len(problems) == 1
    assert field.split(".")[0] in problems[0]
    mended = step(read, now).keyring
    assert mended.signer.certificate == introduced.signer.certificate
    assert mended.serving is not None
    assert mended.successor is not None


def test_a_certificate_of_another_authority_is_not_served(first: Keyring) -> None:
    other = Authority.make(now=START, lifetime=900 * DAY).issue(NAMES, now=START, lifetime=90 * DAY)
    read, problems = Keyring.of_data(replace(first, serving=other).to_data(), now=START)
    assert read.serving is None
    assert problems == ("`tls.crt` is not issued by `ca.crt`",)
