"""Whatever stands in `.polgate.yaml`, there are settings or mistakes, and never a crash."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policy_engine.authoring.files import BrokenFiles
from policy_engine.authoring.mistakes import Mistake
from policy_engine.changes.settings.model import GateSettings
from policy_engine.changes.settings.reading import read_settings

KEYS = st.sampled_from(
    [
        *("policies", "params", "paths", "include", "exclude", "targets", "name", "path", "checkout", "values"),
        *("namespaces", "default", "labels", "rendering", "charts", "kustomizations", "helm", "release"),
        *("timeoutSeconds", "memoryMegabytes", "users", "username", "groups", "failOn", "kubernetesVersion"),
    ]
)
WORDS = st.sampled_from(["", ".", "..", "/", "a/b", "!", "#", "[", "\\", "\0", "*", "1.30", "deny", "ä\ud800"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)


def read(data: bytes) -> GateSettings | tuple[Mistake, ...]:
    try:
        return read_settings(".polgate.yaml", data).settings
    except BrokenFiles as error:
        return error.mistakes


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_fields_give_settings_or_mistakes(fields: dict[str, Any]) -> None:
    document = {"apiVersion": "polgate.io/v1alpha1", "kind": "GateSettings", **fields}
    assert read(json.dumps(document).encode()) != ()


@given(st.binary(max_size=200))
def test_any_bytes_give_mistakes(data: bytes) -> None:
    assert isinstance(read(data), tuple)
    assert read(data) != ()
