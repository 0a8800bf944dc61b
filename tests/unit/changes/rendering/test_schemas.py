"""Schemas of values that lead out of their chart: Helm would follow them, and tell what it finds."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tracemalloc
from pathlib import Path
from typing import Literal

import pytest

from policy_engine.changes.rendering import schemas
from policy_engine.changes.settings.model import Rendering
from policy_engine.sources.values import JsonObject
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, Files, objects, packed, problem, rendered

WEB: Files = {"web/Chart.yaml": CHART, "web/templates/a.yaml": CONFIG_MAP, "web/values.yaml": "auth: x\n"}
LEAK = b'{"$ref": "file:///etc/passwd"}'
NAME = "db/values.schema.json"
UNREAD = "is no packaged chart that can be read"
END = bytes(1024)  # of an archive
DB: Files = {"db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n", "db/templates/a.yaml": CONFIG_MAP}


def member(
    name: str,
    data: bytes = LEAK,
    kind: bytes = tarfile.REGTYPE,
    size: bytes = b"",
    form: Literal[0, 1] = tarfile.GNU_FORMAT,
) -> bytes:
    """size: as the header has it, where that is not usual."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.type = kind
    block = bytearray(info.tobuf(form)[-512:])
    if size:
        block[124:136] = size.ljust(12, b"\0")
        block[148:156] = b"%06o\0 " % tarfile.calc_chksums(block)[0]  # type: ignore[attr-defined]
    return bytes(block) + data + bytes(-len(data) % 512)


def pax(key: str, value: str, kind: bytes = tarfile.XHDTYPE, sign: str = "") -> bytes:
    rest = f" {key}={value}\n"
    size = next(size for size in range(999) if size == len(f"{sign}{size}{rest}"))
    return member("header", f"{sign}{size}{rest}".encode(), kind)


def long_name(name: str) -> bytes:
    return member("././@LongLink", name.encode() + b"\0", tarfile.GNUTYPE_LONGNAME)


def fault(*parts: bytes) -> str:
    return schemas.fault_in("charts/db-1.0.0.tgz", gzip.compress(b"".join(parts)))


def test_a_schema_that_needs_only_itself_is_used() -> None:
    schema: JsonObject = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"text": {"type": "string"}},
        "properties": {"auth": {"$ref": "#/$defs/text"}, "$ref": {"type": "string"}},
    }
    assert objects(rendered({**WEB, "web/values.schema.json": json.dumps(schema)}))
    schema["properties"] = {"auth": {"type": "number"}}
    code, _, _, _ = problem(rendered({**WEB, "web/values.schema.json": json.dumps(schema)}))
    assert code == "rendering-failed"


@pytest.mark.parametrize(
    "schema",
    [
        '{"$ref": "file:///etc/passwd"}',
        '{"$ref": "https://example.com/schema.json"}',
        '{"$ref": "other.json#/a"}',
        '{"$ref": "/etc/passwd"}',
        '{"properties": {"auth": {"allOf": [true, {"$ref": "file:///proc/self/environ"}]}}}',
        '{"\\u0024ref": "file:///etc/passwd"}',
        '{"$dynamicRef": "file:///etc/passwd"}',
        '{"$schema": "file:///etc/passwd"}',
    ],
)
def test_a_schema_that_leads_out_of_its_chart_is_refused(schema: str) -> None:
    code, path, _, message = problem(rendered({**WEB, "web/values.schema.json": schema}))
    assert (code, path) == ("rendering-refused", "web/values.schema.json")
    assert message.startswith("refers to `")
    assert message.endswith("`, outside of itself")


@pytest.mark.parametrize("schema", ["{", "[" * 100_000, b"\xff{}"])
def test_a_schema_that_cannot_be_read_is_refused(schema: str | bytes) -> None:
    assert problem(rendered({**WEB, "web/values.schema.json": schema}))[3] == "is not JSON"


def test_a_schema_in_a_packaged_chart_is_looked_at(tmp_path: Path) -> None:
    bad: Files = {**DB, "db/values.schema.json": '{"$ref": "file:///etc/passwd"}'}
    nested: Files = {**DB, "db/charts/sub-1.0.0.tgz": packed({f"x/{name}": text for name, text in bad.items()})}
    said = "its `db/values.schema.json` refers to `file:///etc/passwd`, outside of itself"
    assert schemas.fault_in("charts/db-1.0.0.tgz", packed(bad)) == said
    assert schemas.fault_in("charts/db-1.0.0.tgz", packed(nested)).startswith(
        "its `db/charts/sub-1.0.0.tgz` its `x/db/"
    )
    assert schemas.fault_in("charts/db-1.0.0.tgz", packed(DB)) == ""
    files: Files = {**WEB, "web/charts/db-1.0.0.tgz": packed(bad)}
    assert problem(rendered(files))[1:] == ("web/charts/db-1.0.0.tgz", 0, said)
    (tmp_path / "db-1.0.0.tgz").write_bytes(packed(bad))
    files = {**WEB, "web/Chart.yaml": CHART + "dependencies: [{name: db, version: 1.0.0}]\n"}
    code, path, _, message = problem(rendered(files, Rendering(dependencies=str(tmp_path))))
    assert (code, path) == ("rendering-refused", "web/Chart.yaml")
    assert message == f"the dependency `{tmp_path}/db-1.0.0.tgz` {said}"


@pytest.mark.parametrize(
    "parts",
    [
        [member("db/values.schema.json/.")],
        [member("db/values.schema.json//")],
        [member("db/x/../values.schema.json")],
        [member("../values.schema.json")],
        [member("db\\values.schema.json")],
        [member("db/x\\..\\values.schema.json")],
        [member(NAME, kind=b"Z")],
        [member(NAME, kind=tarfile.CONTTYPE)],
        [member(NAME, kind=tarfile.SOLARIS_XHDTYPE)],
        [member(NAME, kind=tarfile.AREGTYPE)],
        [END, member(NAME)],
        [pax("path", NAME), member("db/a")],
        [pax("path", "db/a"), pax("path", NAME), member("db/b")],
        [pax("path", NAME), pax("path", "db/a"), member("db/b")],
        [pax("path", "db/a", tarfile.XGLTYPE), member(NAME)],
        [pax("size", "0", tarfile.XGLTYPE), member(NAME)],
        [long_name(NAME), member("db/a")],
        [long_name("db/a"), long_name(NAME), member("db/b")],
        [long_name(NAME), pax("path", "db/a"), member("db/b")],
        [long_name("db/a"), pax("path", NAME), member("db/b")],
        [member(f"db/charts/{'x' * 95}.tgz", gzip.compress(member(NAME)), form=tarfile.USTAR_FORMAT)],
        [member("db\\charts\\x-1.0.0.tgz", gzip.compress(member(NAME)))],
        [member("db/charts/x/../x-1.0.0.tgz/.", gzip.compress(member(NAME)))],
    ],
)
def test_no_spelling_in_a_package_hides_a_schema(parts: list[bytes]) -> None:
    for text in (fault(*parts), fault(member("db/Chart.yaml", b"name: db"), *parts, END)):
        assert text.endswith("refers to `file:///etc/passwd`, outside of itself")


def test_all_gzip_members_of_a_package_are_looked_at() -> None:
    data = gzip.compress(member("db/Chart.yaml", b"name: db")) + gzip.compress(member(NAME) + END)
    said = f"its `{NAME}` refers to `file:///etc/passwd`, outside of itself"
    assert schemas.fault_in("charts/db-1.0.0.tgz", data) == said
    assert schemas.fault_in("charts/db-1.0.0.tgz", data + b"x") == UNREAD


@pytest.mark.parametrize(
    "parts",
    [
        [member("db/a", b"x" * 512, size=b"\0001000")],  # Go skips the first zero, and reads 512
        [member("db/a", b"x" * 512, size=b"1_000")],
        [member("db/a", b"x" * 512, size=b"\x80" + bytes(9) + b"\x02\0")],
        [member("db/a", b"x", tarfile.GNUTYPE_SPARSE)],
        [member("db/a", b"x", tarfile.DIRTYPE)],
        [member("db/a", b"x", tarfile.SYMTYPE)],
        [member("db/a/", b"x", tarfile.AREGTYPE)],
        [pax("size", "0"), member("db/a")],
        [pax("GNU.sparse.major", "1"), member("db/a")],
        [pax("path", NAME, sign="+"), member("db/a")],
        [member("header", b"9 path=a\nx", tarfile.XHDTYPE), member("db/a")],
        [member("header", b"8 path=a\n", tarfile.XHDTYPE), member("db/a")],
        [b"x" * 512, member(NAME)],
        [END, b"x"],
    ],
)
def test_a_package_that_can_be_read_in_two_ways_is_refused(parts: list[bytes]) -> None:
    assert fault(member("db/Chart.yaml", b"name: db"), *parts) == UNREAD


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_packages_as_usual_tools_write_them_are_read(form: int) -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz", format=form) as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.REGTYPE):
            info = tarfile.TarInfo("db/" + "a" * 80 + "/" + "b" * 60)
            info.type = kind
            info.mtime = 1.5  # PAX has a record for it
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo("db/values.schema.json.md"))
    assert schemas.fault_in("charts/db-1.0.0.tgz", written.getvalue()) == ""


def test_a_package_takes_no_more_memory_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "_MAX_UNPACKED_BYTES", 4_000_000)
    data = gzip.compress(long_name("a" * 30_000_000) + member("db/a"))
    tracemalloc.start()
    assert schemas.fault_in("charts/x-1.0.0.tgz", data) == "holds more than 4000000 bytes"
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    half = gzip.compress(member("db/a", bytes(1_500_000)))
    nested = [member(f"db/charts/{name}-1.0.0.tgz", half) for name in "abc"]
    assert fault(*nested[:2]) == ""
    assert fault(*nested) == "its `db/charts/c-1.0.0.tgz` holds more than 4000000 bytes"
    monkeypatch.setattr(schemas, "_MAX_SCHEMA_BYTES", 10)
    assert fault(member(NAME)) == f"its `{NAME}` holds more than 10 bytes"


def test_a_package_that_is_none_or_holds_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert schemas.fault_in("charts/x-1.0.0.tgz", b"no archive") == "is no packaged chart that can be read"
    whole = packed({"db/a": b"x" * 100_000})
    for cut in (b"", whole[:20], whole[:-20], gzip.compress(gzip.decompress(whole)[:50_000]), gzip.compress(b"")):
        assert schemas.fault_in("charts/x-1.0.0.tgz", cut) == UNREAD
    monkeypatch.setattr(schemas, "_MAX_UNPACKED_BYTES", 50_000)
    large = packed({"db/a": b"x" * 100_000})
    assert schemas.fault_in("charts/x-1.0.0.tgz", large) == "holds more than 50000 bytes"
    monkeypatch.undo()
    package = packed(DB)
    for _ in range(9):
        package = packed({"x/charts/y-1.0.0.tgz": package})
    assert schemas.fault_in("charts/x-1.0.0.tgz", package).endswith("holds packages in packages, more than 8 deep")


def test_other_archives_of_a_chart_are_its_own_business() -> None:
    assert objects(rendered({**WEB, "web/files/data.tgz": b"no archive", "web/data.tar.gz": b"none"}))
