"""Versions of Kubernetes are read as people and clusters write them."""

from __future__ import annotations

import pytest

from policy_engine.authoring.kubernetes_version import parse_version
from policy_engine.cel.environment import NEWEST
from policy_engine.errors import InputError


@pytest.mark.parametrize("text", ["1.30", "v1.30", "v1.30.4"])
def test_a_version_is_read_with_a_patch_or_without(text: str) -> None:
    assert parse_version(text) == "1.30"


@pytest.mark.parametrize("text", ["", "1", "abc", "1.25", "1.999", "2.0", "1.30-eks", "1.٣٠", "1.30\n"])
def test_what_is_no_version_we_know_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_version(text)
    assert caught.value.message == f"expected a Kubernetes version from 1.26 to {NEWEST}, found `{text}`"
