from __future__ import annotations

from pathlib import Path

from policy_engine.sources import Broken, Document, DocumentReader, LeftOut, read_paths


def test_paths_are_read_to_documents_faults_and_what_is_left_out(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.yaml").write_text("apiVersion: v1\nkind: Secret\n---\nnotes: 1\n")
    (inside / "b.yaml").write_text("a: [")
    (inside / "c.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    (tmp_path / "elsewhere.yaml").write_text("apiVersion: v1\nkind: Secret\n")
    entries = list(read_paths([str(inside), str(tmp_path / "missing.yaml")], DocumentReader()))
    assert [(type(entry), Path(entry.path).name) for entry in entries] == [
        (Document, "a.yaml"),
        (LeftOut, "a.yaml"),
        (Broken, "b.yaml"),
        (LeftOut, "c.yaml"),
        (Broken, "missing.yaml"),
    ]
