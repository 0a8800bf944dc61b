from __future__ import annotations

import base64
import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.webhook.certificates.object_store import ObjectStore
from webhook.certificates.bundles import pem_blocks, read_certificates
from webhook.certificates.errors import CertificateError
from webhook.certificates.issuing import Lifetimes
from webhook.certificates.keyring import FIELDS
from webhook.certificates.secret import SecretCertificates
from webhook.cluster.kube_error import KubeError

PATH = "/api/v1/namespaces/polgate-system/secrets/polgate-tls"
NAMES = ("polgate.polgate-system.svc",)
DAY = timedelta(days=1)
LIVES = Lifetimes.of(certificate=90 * DAY, authority=900 * DAY)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Published:
    """What API servers are told to trust: the bundle that a registration last wrote."""

    def __init__(self) -> None:
        self.bundle = b""

    def knows(self, pem: bytes) -> bool:
        return pem_blocks(pem) <= pem_blocks(self.bundle)


@pytest.fixture
def store() -> ObjectStore:
    return ObjectStore()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def source_on(
    store: ObjectStore, clock: Clock, *, published: Published | None = None, names: tuple[str, ...] = NAMES
) -> SecretCertificates:
    known = (lambda pem: True) if published is None else published.knows
    return SecretCertificates(
        store, "polgate-system", "polgate-tls", names=names, lifetimes=LIVES, is_known=known, clock=clock
    )


def empty_secret() -> dict[str, object]:
    metadata = {"name": "polgate-tls", "namespace": "polgate-system", "labels": {"app": "polgate"}}
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata}


def data_of(store: ObjectStore) -> dict[str, bytes]:
    return {key: base64.b64decode(value) for key, value in store.objects[PATH]["data"].items()}


def test_fills_the_empty_secret_that_the_chart_ships(store: ObjectStore, clock: Clock) -> None:
    store.put(PATH, empty_secret())
    source = source_on(store, clock)
    source.step()
    assert data_of(store).keys() == {"ca.crt", "ca.key", "tls.crt", "tls.key"}
    assert store.objects[PATH]["metadata"]["labels"] == {"app": "polgate"}
    assert source.ca_bundle == data_of(store)["ca.crt"]
    assert source.pair is not None
    assert source.pair.certificate_pem == data_of(store)["tls.crt"]


def test_creates_the_secret_where_it_is_absent(store: ObjectStore, clock: Clock) -> None:
    source_on(store, clock).step()
    assert store.writes == [("create", PATH)]
    assert store.objects[PATH]["type"] == "Opaque"


def test_a_second_replica_serves_with_what_the_first_one_wrote(store: ObjectStore, clock: Clock) -> None:
    one, other = source_on(store, clock), source_on(store, clock)
    one.step()
    other.step()
    assert other.pair == one.pair
    assert len(store.writes) == 1


@pytest.mark.parametrize("shipped", [True, False])
def test_replicas_that_race_end_with_the_same_secret(store: ObjectStore, clock: Clock, shipped: bool) -> None:
    if shipped:
        store.put(PATH, empty_secret())
    replicas = [source_on(store, clock) for _ in range(4)]
    together = threading.Barrier(len(replicas))
    first = threading.local()

    def all_have_read(verb: str, path: str) -> None:
        if not getattr(first, "seen", False):
            first.seen = True
            together.wait()

    def run(replica: SecretCertificates) -> None:
        while replica.pair is None:
            replica.step()

    store.before_write = all_have_read
    threads = [threading.Thread(target=run, args=(replica,)) for replica in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.writes) == 1
    assert {replica.pair for replica in replicas} == {replicas[0].pair}


def test_renews_for_all_replicas_and_tells_listeners(store: ObjectStore, clock: Clock) -> None:
    one, other = source_on(store, clock), source_on(store, clock)
    heard: list[str] = []
    other.listen(lambda: heard.append(other.pair.serial if other.pair else ""))
    one.step()
    other.step()
    clock.now += 61 * DAY
    one.step()
    other.step()
    assert other.pair == one.pair
    assert len(set(heard)) == 2


def test_nothing_is_written_and_nobody_told_while_nothing_changes(store: ObjectStore, clock: Clock) -> None:
    source = source_on(store, clock)
    heard: list[bool] = []
    source.listen(lambda: heard.append(True))
    for _ in range(5):
        source.step()
        clock.now += DAY
    assert (len(store.writes), len(heard)) == (1, 1)


def test_a_new_authority_signs_only_after_api_servers_were_told(store: ObjectStore, clock: Clock) -> None:
    published = Published()
    source = source_on(store, clock, published=published)
    source.step()
    assert source.pair is not None
    first = source.ca_bundle or b""
    published.bundle = first
    clock.now += 601 * DAY
    source.step()  # renews the certificate, and makes the next authority
    serial = source.pair.serial
    source.step()
    assert len(pem_blocks(source.ca_bundle or b"")) == 2
    published.bundle = source.ca_bundle or b""
    source.step()  # notes that it is known
    clock.now += LIVES.settling
    source.step()  # signs, and shows the old certificate for the moment
    assert source.pair.serial == serial
    clock.now += timedelta(seconds=5)
    source.step()
    assert source.pair.serial != serial
    assert read_certificates(source.ca_bundle or b"", what="it")[0] not in read_certificates(first, what="it")


@pytest.mark.parametrize(
    "damage",
    [
        {"ca.crt": "Z2FyYmFnZQ=="},
        {"ca.key": "Z2FyYmFnZQ=="},
        {"ca.key": "not base64!"},
        {"ca.key": None},
        {"ca.crt": "", "ca.key": "", "tls.crt": "", "tls.key": ""},
        dict.fromkeys(sorted(FIELDS)),
    ],
    ids=str,
)
def test_a_damaged_secret_is_replaced_while_the_certificate_in_use_stays_trusted(
    store: ObjectStore, clock: Clock, damage: dict[str, str | None]
) -> None:
    published = Published()
    source = source_on(store, clock, published=published)
    source.step()
    before, first = source.pair, source.ca_bundle or b""
    published.bundle = first
    secret = store.objects[PATH]
    store.put(PATH, {**secret, "data": {k: v for k, v in {**secret["data"], **damage}.items() if v is not None}})
    source.step()
    assert source.pair == before
    assert pem_blocks(first) < pem_blocks(source.ca_bundle or b"")
    published.bundle = source.ca_bundle or b""
    source.step()
    clock.now += timedelta(seconds=5)
    source.step()
    assert source.pair != before
    clock.now += 2 * LIVES.settling
    source.step()
    assert not pem_blocks(first) & pem_blocks(source.ca_bundle or b"")


def test_a_secret_that_was_deleted_is_made_anew(store: ObjectStore, clock: Clock) -> None:
    source = source_on(store, clock)
    source.step()
    store.drop(PATH)
    source.step()
    assert "ca.key" in data_of(store)


def test_damage_is_logged_without_what_was_there(
    store: ObjectStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    source = source_on(store, clock)
    source.step()
    secret = store.objects[PATH]
    spoilt = base64.b64encode(data_of(store)["ca.key"].replace(b"A", b"B")).decode()
    store.put(PATH, {**secret, "data": {**secret["data"], "ca.key": spoilt}})
    source.step()
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(said) == 1
    assert said[0].startswith("Secret polgate-system/polgate-tls was damaged")


def test_no_private_key_is_ever_logged(store: ObjectStore, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    source = source_on(store, clock)
    keys: set[bytes] = set()
    for _ in range(30):
        source.step()
        keys |= {data_of(store)["ca.key"], data_of(store)["tls.key"]}
        clock.now += 50 * DAY
    logged = " ".join(str(record.__dict__) for record in caplog.records)
    assert len(caplog.records) > 20
    assert "PRIVATE" not in logged
    assert not [line for key in keys for line in key.decode().splitlines()[1:-1] if line in logged]


def test_goes_on_with_what_is_in_use_while_the_api_server_is_away(store: ObjectStore, clock: Clock) -> None:
    source = source_on(store, clock)
    source.step()
    before = source.pair
    store.unreachable = True
    with pytest.raises(KubeError):
        source.step()
    assert source.pair == before


@pytest.mark.parametrize(
    "secret",
    [
        {"type": "kubernetes.io/tls", "data": {"tls.crt": "eA==", "tls.key": "eA=="}},
        {"type": "Opaque", "data": {"password": "eA=="}},
    ],
)
def test_a_secret_that_holds_something_else_is_left_alone(
    store: ObjectStore, clock: Clock, secret: dict[str, object]
) -> None:
    store.put(PATH, {**empty_secret(), **secret})
    with pytest.raises(CertificateError, match="holds something else than polgate's own certificates"):
        source_on(store, clock).step()
    assert store.writes == []


def test_what_others_keep_in_the_secret_stays(store: ObjectStore, clock: Clock) -> None:
    source = source_on(store, clock)
    source.step()
    secret = store.objects[PATH]
    store.put(PATH, {**secret, "data": {**secret["data"], "note": "eA=="}})
    clock.now += 61 * DAY
    source.step()
    assert data_of(store)["note"] == b"x"


def test_tells_when_what_is_in_use_expires(store: ObjectStore, clock: Clock) -> None:
    source = source_on(store, clock)
    assert source.expiries() == {}
    source.step()
    assert source.expiries() == {"serving": clock.now + 90 * DAY, "ca": clock.now + 900 * DAY}


def test_looks_more_often_where_certificates_live_for_seconds(store: ObjectStore, clock: Clock) -> None:
    brief = Lifetimes.of(certificate=timedelta(seconds=20), authority=timedelta(seconds=60))
    source = SecretCertificates(store, "a", "b", names=NAMES, lifetimes=brief, clock=clock)
    assert source.step() == 2.0
    assert source_on(store, clock).step() == 5.0


def test_runs_by_itself_until_it_is_stopped(store: ObjectStore) -> None:
    there = threading.Event()
    source = SecretCertificates(store, "polgate-system", "polgate-tls", names=NAMES)
    source.listen(there.set)
    source.start()
    assert there.wait(10)
    source.stop()
    assert source.pair is not None
