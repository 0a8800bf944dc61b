"""Semantic versions: `1.2.3-rc.1+build.5`.

Source: blang/semver v4, semver.go, and apiserver pkg/cel/library/semverlib.go for the tolerant reading.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.libraries.go_quote import quote
from policy_engine.cel.types import struct
from policy_engine.cel.values.numbers import UINT_MAX
from policy_engine.cel.values.opaque import OpaqueValue

SEMVER: Final = struct("kubernetes.Semver")

# Patterns are compiled when first used: `re` keeps them.
_DIGITS: Final = r"[0-9]*"
_IDENTIFIER: Final = r"[0-9A-Za-z-]*"


class Semver(OpaqueValue):
    """A version. Build metadata is kept and shown, but does not count in comparisons.

    prerelease: identifiers in order; numeric ones as int.
    """

    __slots__ = ("build", "major", "minor", "patch", "prerelease")
    cel_type = SEMVER

    def __init__(
        self,
        major: int,
        minor: int,
        patch: int,
        *,
        prerelease: tuple[int | str, ...] = (),
        build: tuple[str, ...] = (),
    ) -> None:
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
        self.build = build

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Semver):
            raise NoSuchOverload("no such overload")
        return self.compare(other) == 0

    def __hash__(self) -> int:
        return hash((self.major, self.minor, self.patch, self.prerelease))

    def __repr__(self) -> str:
        return f"Semver({self.text()!r})"

    def compare(self, other: Semver) -> int:
        """Give -1, 0 or 1 by precedence: a pre-release comes before its release."""
        mine = (self.major, self.minor, self.patch)
        theirs = (other.major, other.minor, other.patch)
        if mine != theirs:
            return 1 if mine > theirs else -1
        return _compare_prerelease(self.prerelease, other.prerelease)

    def text(self) -> str:
        """Write the version."""
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.prerelease:
            text += "-" + ".".join(map(str, self.prerelease))
        if self.build:
            text += "+" + ".".join(self.build)
        return text


def _compare_prerelease(left: tuple[int | str, ...], right: tuple[int | str, ...]) -> int:
    if not left or not right:
        return (not left) - (not right)
    for a, b in zip(left, right, strict=False):
        if a == b:
            continue
        if isinstance(a, int):
            return (1 if a > b else -1) if isinstance(b, int) else -1
        return (1 if a > b else -1) if isinstance(b, str) else 1
    return (len(left) > len(right)) - (len(left) < len(right))


@lru_cache(maxsize=256)
def parse_semver(text: str) -> Semver:
    """Read a version of exactly three numbers.

    Raises EvaluationError.
    """
    if not text:
        raise EvaluationError("Version string empty")
    parts = text.split(".", 2)
    if len(parts) != 3:
        raise EvaluationError("No Major.Minor.Patch elements found")
    major = _number(parts[0], "major", "Major")
    minor = _number(parts[1], "minor", "Minor")
    patch_text, plus, build_text = parts[2].partition("+")
    patch_text, dash, prerelease_text = patch_text.partition("-")
    patch = _number(patch_text, "patch", "Patch")
    prerelease = tuple(map(_prerelease_part, prerelease_text.split("."))) if dash else ()
    build = tuple(build_text.split(".")) if plus else ()
    for part in build:
        if not part:
            raise EvaluationError("Build meta data is empty")
        if not re.fullmatch(_IDENTIFIER, part):
            raise EvaluationError(f"Invalid character(s) found in build meta data {quote(part)}")
    return Semver(major, minor, patch, prerelease=prerelease, build=build)


def parse_tolerant(text: str) -> Semver:
    """Read a version that may start with `v`, lack minor and patch, and have leading zeros.

    Raises EvaluationError.
    """
    parts = text.removeprefix("v").split(".", 2)
    for i, part in enumerate(parts):
        if len(part) > 1 or not part.isascii():
            stripped = part.lstrip("0")
            parts[i] = stripped if stripped and stripped[0] in "0123456789" else "0" + stripped
    if len(parts) < 3:
        if "+" in parts[-1] or "-" in parts[-1]:
            raise EvaluationError("short version cannot contain PreRelease/Build meta data")
        parts += ["0"] * (3 - len(parts))
    return parse_semver(".".join(parts))


def _number(text: str, name: str, title: str) -> int:
    if not re.fullmatch(_DIGITS, text):
        raise EvaluationError(f"Invalid character(s) found in {name} number {quote(text)}")
    if len(text) > 1 and text[0] == "0":
        raise EvaluationError(f"{title} number must not contain leading zeroes {quote(text)}")
    return _uint64(text)


def _prerelease_part(text: str) -> int | str:
    if not text:
        raise EvaluationError("Prerelease is empty")
    if re.fullmatch(_DIGITS, text):
        if len(text) > 1 and text[0] == "0":
            raise EvaluationError(f"Numeric PreRelease version must not contain leading zeroes {quote(text)}")
        return _uint64(text)
    if not re.fullmatch(_IDENTIFIER, text):
        raise EvaluationError(f"Invalid character(s) found in prerelease {quote(text)}")
    return text


def _uint64(digits: str) -> int:
    """Read a number as Go's `strconv.ParseUint` does."""
    if not digits:
        raise EvaluationError('strconv.ParseUint: parsing "": invalid syntax')
    value = int(digits) if len(digits) <= 20 else UINT_MAX + 1
    if value > UINT_MAX:
        raise EvaluationError(f"strconv.ParseUint: parsing {quote(digits)}: value out of range")
    return value
