from __future__ import annotations

import pytest

from policy_engine.field_paths import FieldPath, render_path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("spec", "containers", 0, "image"), "spec.containers[0].image"),
        (("metadata", "labels", "app.io/name"), "metadata.labels[app.io/name]"),
        (("metadata", "labels", ""), "metadata.labels[]"),
    ],
)
def test_a_path_is_written_with_brackets_around_what_is_no_word(path: FieldPath, text: str) -> None:
    assert render_path(path) == text
