from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from cryptography import x509

from webhook.certificates.bundles import to_pem
from webhook.certificates.errors import CertificateError
from webhook.certificates.issuing import Authority
from webhook.certificates.pairs import Pair
from webhook.certificates.source import utc_now
from webhook.certificates.tls import ServerTls

LIFE = timedelta(days=1)
AUTHORITY = Authority.make(now=utc_now(), lifetime=LIFE)
NAMES = ("localhost", "127.0.0.1")


def new_pair() -> Pair:
    return AUTHORITY.issue(NAMES, now=utc_now(), lifetime=LIFE)


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=to_pem([AUTHORITY.certificate]).decode())
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


class Connection:
    """One that stays open: it sends lines, and gets them back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.tls: ssl.SSLObject = writer.get_extra_info("ssl_object")

    @property
    def serial(self) -> str:
        shown = self.tls.getpeercert(binary_form=True)
        assert shown is not None
        return f"{x509.load_der_x509_certificate(shown).serial_number:x}"

    async def echo(self, text: bytes) -> bytes:
        self._writer.write(text + b"\n")
        return (await self._reader.readline()).rstrip()

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def connect(port: int, *, name: str = "localhost") -> Connection:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_context(), server_hostname=name)
    return Connection(reader, writer)


@asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[int]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def test_new_connections_get_the_new_certificate_and_open_ones_notice_nothing() -> None:
    async def scenario() -> None:
        one, other = new_pair(), new_pair()
        server = ServerTls()
        server.load(one)
        async with serving(server.context) as port:
            before = await connect(port)
            assert await before.echo(b"before") == b"before"
            server.load(other)
            after = await connect(port)
            assert (before.serial, after.serial) == (one.serial, other.serial)
            assert [await c.echo(b"after") for c in (before, after)] == [b"after"] * 2
            await before.close()
            await after.close()

    asyncio.run(scenario())


def test_a_rotation_in_another_thread_fails_no_handshake_and_drops_no_connection() -> None:
    async def scenario() -> None:
        pairs = [new_pair() for _ in range(4)]
        server = ServerTls()
        server.load(pairs[0])
        done = False

        def rotate() -> int:
            count = 0
            while not done:
                server.load(pairs[count % len(pairs)])
                count += 1
            return count

        async with serving(server.context) as port:
            kept = [await connect(port) for _ in range(5)]
            rotating = asyncio.get_running_loop().run_in_executor(None, rotate)
            seen: set[str] = set()
            try:
                for count in range(100):
                    fresh = await connect(port)
                    seen.add(fresh.serial)
                    assert await fresh.echo(b"%d" % count) == b"%d" % count
                    assert [await c.echo(b"kept") for c in kept] == [b"kept"] * 5
                    await fresh.close()
            finally:
                done = True
                rotations = await rotating
            assert rotations > 1
            assert len(seen) > 1
            for connection in kept:
                await connection.close()

    asyncio.run(scenario())


def test_a_client_that_names_no_server_gets_the_current_certificate_too() -> None:
    """An address is not sent as a name."""

    async def scenario() -> None:
        server = ServerTls()
        server.load(new_pair())
        second = new_pair()
        server.load(second)
        async with serving(server.context) as port:
            connection = await connect(port, name="127.0.0.1")
            assert connection.serial == second.serial
            await connection.close()

    asyncio.run(scenario())


def test_speaks_http_1_1_over_tls_1_3_with_those_who_can() -> None:
    async def scenario() -> None:
        server = ServerTls()
        server.load(new_pair())
        async with serving(server.context) as port:
            connection = await connect(port)
            assert connection.tls.selected_alpn_protocol() == "http/1.1"
            assert connection.tls.version() == "TLSv1.3"
            await connection.close()

    asyncio.run(scenario())


def test_tls_1_2_is_the_oldest_that_is_spoken() -> None:
    assert ServerTls().context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_every_handshake_fails_before_there_is_a_certificate() -> None:
    async def scenario() -> None:
        server = ServerTls()
        assert not server.is_loaded
        async with serving(server.context) as port:
            with pytest.raises(OSError):
                await connect(port)

    asyncio.run(scenario())


@pytest.mark.parametrize("memory", [True, False])
def test_a_pair_that_tls_cannot_use_leaves_the_one_before(memory: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    one = new_pair()
    server = ServerTls()
    server.load(one)
    mixed = Pair(
        certificate_pem=one.certificate_pem,
        key_pem=new_pair().key_pem,
        not_before=one.not_before,
        not_after=one.not_after,
        names=one.names,
        serial="abc",
    )
    with pytest.raises(CertificateError, match="TLS cannot use certificate abc: KEY_VALUES_MISMATCH"):
        server.load(mixed)

    async def scenario() -> None:
        async with serving(server.context) as port:
            connection = await connect(port)
            assert connection.serial == one.serial
            await connection.close()

    asyncio.run(scenario())


def test_no_key_stays_in_a_folder(tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ServerTls().load(new_pair())
    assert os.listdir(tmp_path) == []
