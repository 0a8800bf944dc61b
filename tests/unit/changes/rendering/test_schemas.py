"""Schemas of values that lead out of their chart: Helm would follow them, and tell what it finds."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from policy_engine.changes.rendering import schemas
from policy_engine.changes.settings.model import Rendering
from policy_engine.sources.values import JsonObject
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, Files, objects, problem, rendered

WEB: Files = {"web/Chart.yaml": CHART, "web/templates/a.yaml": CONFIG_MAP, "web/values.yaml": "auth: x\n"}
DB: Files = {"db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n", "db/templates/a.yaml": CONFIG_MAP}


def packed(files: Files) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for path, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return written.getvalue()


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


def test_a_package_that_is_none_or_holds_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert schemas.fault_in("charts/x-1.0.0.tgz", b"no archive") == "is no packaged chart that can be read"
    cut = packed({"db/a": b"x" * 100_000})[:-200]
    assert schemas.fault_in("charts/x-1.0.0.tgz", cut) == "is no packaged chart that can be read"
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
