from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from webhook.certificates.bundles import pem_blocks, to_pem
from webhook.certificates.errors import CertificateError
from webhook.certificates.files import FileCertificates
from webhook.certificates.issuing import Authority
from webhook.certificates.pairs import Pair

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
AUTHORITY = Authority.make(now=NOW, lifetime=1000 * DAY)
CA = to_pem([AUTHORITY.certificate])
ONE, OTHER = (AUTHORITY.issue(["web.example"], now=NOW, lifetime=90 * DAY) for _ in range(2))


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


class Mount:
    """A Secret as the kubelet mounts it: files are links through a link that is switched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def write(self, pair: Pair, ca: bytes = CA) -> None:
        self._count += 1
        version = self.folder / f"..version-{self._count}"
        version.mkdir()
        files = {"tls.crt": pair.certificate_pem, "tls.key": pair.key_pem, "ca.crt": ca}
        for name, content in files.items():
            (version / name).write_bytes(content)
        os.symlink(version.name, self.folder / "..new")
        os.replace(self.folder / "..new", self.folder / "..data")
        for name in files:
            if not (self.folder / name).is_symlink():
                os.symlink(f"..data/{name}", self.folder / name)


@pytest.fixture
def mount(tmp_path: Path) -> Mount:
    mount = Mount(tmp_path)
    mount.write(ONE)
    return mount


@pytest.fixture
def source(mount: Mount) -> FileCertificates:
    source = source_of(mount, Clock())
    source.start()
    source.stop()
    return source


def source_of(
    mount: Mount, clock: Clock, *, ca: bool = True, is_known: Callable[[bytes], bool] = lambda pem: True
) -> FileCertificates:
    folder = mount.folder
    return FileCertificates(
        folder / "tls.crt",
        folder / "tls.key",
        ca=folder / "ca.crt" if ca else None,
        is_known=is_known,
        clock=clock,
    )


def serial_of(source: FileCertificates) -> str | None:
    return None if source.pair is None else source.pair.serial


def test_serves_with_what_the_files_hold(source: FileCertificates) -> None:
    assert serial_of(source) == ONE.serial
    assert source.ca_bundle == CA
    assert source.keeps_ca_bundle


def test_takes_a_mounted_secret_whose_link_was_switched(source: FileCertificates, mount: Mount) -> None:
    heard: list[bool] = []
    source.listen(lambda: heard.append(True))
    mount.write(OTHER)
    source.step()
    assert (serial_of(source), heard) == (OTHER.serial, [True])


def test_tells_nobody_while_nothing_changes(source: FileCertificates) -> None:
    heard: list[bool] = []
    source.listen(lambda: heard.append(True))
    source.step()
    assert heard == []


def test_goes_on_with_the_old_pair_while_only_one_file_is_new(source: FileCertificates, mount: Mount) -> None:
    (mount.folder / "tls.crt").unlink()
    (mount.folder / "tls.crt").write_bytes(OTHER.certificate_pem)
    source.step()
    assert serial_of(source) == ONE.serial
    (mount.folder / "tls.key").unlink()
    (mount.folder / "tls.key").write_bytes(OTHER.key_pem)
    source.step()
    assert serial_of(source) == OTHER.serial


@pytest.mark.parametrize(
    "broken",
    [
        Pair(
            certificate_pem=OTHER.certificate_pem[:300],
            key_pem=OTHER.key_pem,
            not_before=NOW,
            not_after=NOW,
            names=frozenset(),
            serial="",
        ),
        AUTHORITY.issue(["web.example"], now=NOW - 10 * DAY, lifetime=10 * DAY + timedelta(seconds=1)),
    ],
    ids=["half-written", "expired"],
)
def test_refuses_once_in_the_log_what_cannot_be_used(
    mount: Mount, broken: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    source = source_of(mount, clock)
    source.start()
    source.stop()
    clock.now = NOW + timedelta(seconds=10)
    mount.write(broken)
    for _ in range(3):
        source.step()
    assert serial_of(source) == ONE.serial
    refusals = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert ["certificate files refused" in record.getMessage() for record in refusals] == [True]


def test_goes_on_when_the_files_vanish_and_says_so_once(
    source: FileCertificates, mount: Mount, caplog: pytest.LogCaptureFixture
) -> None:
    (mount.folder / "tls.key").unlink()
    source.step()
    source.step()
    assert serial_of(source) == ONE.serial
    assert [r.getMessage().split(": ", 1)[1] for r in caplog.records if r.levelno >= logging.ERROR] == [
        f"`{mount.folder / 'tls.key'}` cannot be read: no such file or directory"
    ]


def test_a_damaged_bundle_refuses_the_pair_with_it(source: FileCertificates, mount: Mount) -> None:
    mount.write(OTHER, ca=b"nothing")
    source.step()
    assert (serial_of(source), source.ca_bundle) == (ONE.serial, CA)


class Rotated:
    """A source whose mounted Secret has just become that of another authority."""

    def __init__(self, mount: Mount) -> None:
        self.clock = Clock()
        self.told = CA
        self.source = source_of(mount, self.clock, is_known=lambda pem: pem_blocks(pem) <= pem_blocks(self.told))
        self.source.start()
        self.source.stop()
        next_authority = Authority.make(now=NOW, lifetime=1000 * DAY)
        self.ca = to_pem([next_authority.certificate])
        self.pair = next_authority.issue(["web.example"], now=NOW, lifetime=90 * DAY)
        mount.write(self.pair, self.ca)
        self.source.step()

    def after(self, time: timedelta) -> FileCertificates:
        self.clock.now += time
        self.source.step()
        return self.source


@pytest.fixture
def rotated(mount: Mount) -> Rotated:
    return Rotated(mount)


def test_a_certificate_of_another_authority_waits_until_api_servers_trust_it(rotated: Rotated) -> None:
    assert rotated.source.ca_bundle == rotated.ca + CA
    assert serial_of(rotated.after(timedelta(seconds=30))) == ONE.serial
    rotated.told = rotated.ca + CA
    assert serial_of(rotated.after(timedelta(seconds=1))) == rotated.pair.serial


def test_it_does_not_wait_for_ever_where_nobody_can_tell_api_servers(rotated: Rotated) -> None:
    assert serial_of(rotated.after(timedelta(minutes=1))) == rotated.pair.serial


def test_the_authority_before_stays_trusted_until_the_files_have_reached_every_node(rotated: Rotated) -> None:
    heard: list[bool] = []
    assert rotated.after(timedelta(minutes=9)).ca_bundle == rotated.ca + CA
    rotated.source.listen(lambda: heard.append(True))
    assert rotated.after(timedelta(minutes=1)).ca_bundle == rotated.ca
    assert heard == [True]


def test_without_a_bundle_file_others_tell_api_servers_what_to_trust(mount: Mount) -> None:
    source = source_of(mount, Clock(), ca=False)
    source.start()
    source.stop()
    assert (source.ca_bundle, source.keeps_ca_bundle) == (None, False)


def test_a_first_load_that_fails_is_an_error_for_who_starts_the_server(mount: Mount) -> None:
    (mount.folder / "tls.crt").unlink()
    source = source_of(mount, Clock())
    with pytest.raises(CertificateError, match="cannot be read: no such file"):
        source.start()


def test_reminds_hourly_of_a_certificate_that_nobody_renews(
    mount: Mount, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    source = source_of(mount, clock)
    source.start()
    source.stop()
    clock.now = NOW + 85 * DAY
    for _ in range(3):
        source.step()
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == [
        f"the certificate of `{mount.folder / 'tls.crt'}` expires at 2026-07-30 00:00:00Z "
        "and nobody has renewed it"
    ]
    clock.now += timedelta(hours=1)
    source.step()
    assert len([r for r in caplog.records if r.levelno >= logging.ERROR]) == 2


def test_tells_when_what_is_in_use_expires(source: FileCertificates) -> None:
    assert source.expiries() == {"serving": ONE.not_after, "ca": AUTHORITY.not_after}
