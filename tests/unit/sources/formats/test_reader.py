"""What holds for every format."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from policy_engine.sources import Limits, Place, ProblemCode
from policy_engine.sources.formats import FormatCode
from policy_engine.sources.text import HIDDEN_EXCERPT
from tests.unit.sources.formats.reads import broken, data, value

# One file of each format with a key `a` and the value `1`, and what comes of it.
SMALLEST = {
    "a.yaml": ("a: '1'\n", {"a": "1"}),
    "a.json": ('{"a": "1"}\n', {"a": "1"}),
    "a.toml": ('a = "1"\n', {"a": "1"}),
    "a.tf": ('a = "1"\n', {"a": "1"}),
    ".env": ("a=1\n", {"a": "1"}),
    "a.ini": ("[s]\na = 1\n", {"s": {"a": "1"}}),
    "a.xml": ("<r>\n<a>1</a>\n</r>\n", {"r": {"a": [{"#text": "1"}]}}),
}
NAMES = [*SMALLEST, "Dockerfile"]


@pytest.mark.parametrize("path", SMALLEST)
def test_a_file_becomes_plain_data(path: str) -> None:
    text, expected = SMALLEST[path]
    found = data(path, text)
    assert found.value == expected
    assert found.documents == (expected,)


@pytest.mark.parametrize("path", SMALLEST)
def test_carriage_returns_change_nothing(path: str) -> None:
    text, expected = SMALLEST[path]
    assert value(path, text.replace("\n", "\r\n")) == expected


@pytest.mark.parametrize("path", SMALLEST)
def test_a_byte_order_mark_changes_nothing(path: str) -> None:
    text, expected = SMALLEST[path]
    assert value(path, b"\xef\xbb\xbf" + text.encode()) == expected


@pytest.mark.parametrize("path", SMALLEST)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_where_a_mark_says_so(path: str, encoding: str) -> None:
    text, expected = SMALLEST[path]
    assert value(path, f"\ufeff{text}".encode(encoding)) == expected


@pytest.mark.parametrize("path", NAMES)
def test_bytes_that_are_no_text_are_refused_at_their_line(path: str) -> None:
    found = broken(path, b"# a\n\xff\n")
    assert (found.code, found.place) == (ProblemCode.NOT_TEXT, Place(2, 1))


@pytest.mark.parametrize("path", NAMES)
def test_a_file_over_the_limit_is_refused(path: str) -> None:
    found = broken(path, b"a" * 101, Limits(file_bytes=100))
    assert (found.code, found.message) == (ProblemCode.FILE_TOO_LARGE, "larger than 100 bytes")


@pytest.mark.parametrize("path", [name for name in NAMES if name not in ("a.yaml", "a.json")])
def test_a_format_that_is_slow_to_read_has_a_limit_of_its_own(path: str) -> None:
    assert broken(path, b"\n" * (4 * 1024 * 1024 + 1)).code == ProblemCode.FILE_TOO_LARGE


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "[" * 200 + "]" * 200),
        ("a.json", '{"a":' * 200 + "1" + "}" * 200),
        ("a.toml", "a = " + "[" * 200 + "]" * 200),
        ("a.toml", "a = " + "[" * 5000 + "]" * 5000),
        ("a.toml", ".".join("a" * 200) + " = 1"),
        ("a.toml", ".".join("a" * 400_000) + " = 1"),
        ("a.tf", "a = " + "[" * 200 + "]" * 200),
        ("a.tf", "a {\n" * 200 + "}\n" * 200),
        ("a.tf", "a = " + "(" * 5000 + "1" + ")" * 5000),
        ("a.xml", "<a>" * 200 + "</a>" * 200),
        ("a.xml", "<a>" * 1_000_000),
        ("Dockerfile", "FROM a\nRUN " + "[" * 100_000),
        ("Dockerfile", "FROM a\nRUN <<E " + "${a:-" * 100_000),
    ],
)
def test_deep_nesting_is_refused(path: str, text: str) -> None:
    assert broken(path, text).code == ProblemCode.TOO_DEEP


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "".join(f"k{i}: 1\n" for i in range(100))),
        ("a.json", "{" + ",".join(f'"k{i}":1' for i in range(100)) + "}"),
        ("a.toml", "".join(f"k{i} = 1\n" for i in range(100))),
        ("a.tf", "".join(f"k{i} = 1\n" for i in range(100))),
        (".env", "".join(f"k{i}=1\n" for i in range(100))),
        ("a.ini", "[a]\n" + "".join(f"k{i} = 1\n" for i in range(100))),
        ("a.xml", "<a>" + "<b/>" * 200 + "</a>"),
        ("Dockerfile", "FROM a\n" + "RUN x\n" * 100),
    ],
)
def test_more_values_than_the_limit_are_refused(path: str, text: str) -> None:
    assert broken(path, text, Limits(nodes=90)).code == ProblemCode.TOO_MANY_NODES
    assert data(path, text, Limits(nodes=10_000)).documents


@pytest.mark.parametrize(
    ("path", "template"), [("a.yaml", "k{}: 1\n"), ("a.toml", "k{} = 1\n"), (".env", "k{}=1\n")]
)
def test_very_many_keys_are_read(path: str, template: str) -> None:
    found = value(path, "".join(template.format(i) for i in range(50_000)))
    assert isinstance(found, dict)
    assert len(found) == 50_000


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "a: 1\na: 2\n"),
        ("a.json", '{\n"a": 1, "a": 2}'),
        ("a.tf", "a = 1\na = 2\n"),
        ("a.tf", "a = 1\na {}\n"),
        ("a.tf", "a {}\na = 1\n"),
        ("a.tf", "a = {\nb = 1, b = 2}\n"),
        (".env", "A=1\nA=2\n"),
        ("a.ini", "[a]\n[a]\n"),
        (".editorconfig", "a = 1\na = 2\n"),
    ],
)
def test_a_key_that_stands_twice_is_refused_where_it_stands_again(path: str, text: str) -> None:
    found = broken(path, text)
    assert (found.code, found.place and found.place.line) == (ProblemCode.DUPLICATE_KEY, 2)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "a: .nan"),
        ("a.toml", "a = nan"),
        ("a.toml", "a = inf"),
        ("a.toml", "a = 9223372036854775808"),
        ("a.tf", "a = 1e999"),
        ("a.tf", "a = 9223372036854775808"),
        ("a.tf", f"a = {'9' * 5000}"),
        ("Dockerfile", 'FROM a\nRUN ["\\ud800"]'),
    ],
)
def test_values_that_json_or_expressions_cannot_hold_are_refused(path: str, text: str) -> None:
    assert broken(path, text).code == ProblemCode.UNSUPPORTED_VALUE


@pytest.mark.parametrize("path", [".env", "a.ini", "a.tf"])
def test_white_space_that_a_library_needs_hours_for_is_refused(path: str) -> None:
    found = broken(path, "a=b" + " " * 100_000 + "c")
    assert (found.code, found.place) == (FormatCode.LONG_BLANKS, Place(1, 4))


def test_a_name_without_a_format_is_refused() -> None:
    assert broken("README.md", "# a").code == FormatCode.UNKNOWN


@pytest.mark.parametrize(
    ("path", "module", "package"), [("a.tf", "hcl2", "python-hcl2"), (".env", "dotenv.parser", "python-dotenv")]
)
def test_a_format_without_its_package_says_what_to_install(
    path: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    found = broken(path, "a=1")
    assert (found.code, found.message) == (
        FormatCode.LIBRARY_MISSING,
        f"cannot be read without the package `{package}`",
    )
    assert found.help == "pip install 'polgate[files]'"


@pytest.mark.parametrize(
    ("path", "text"), [(".env", "PASSWORD=hunter2\n"), ("prod.tfvars", 'password = "hunter2"\n')]
)
def test_a_secret_file_shows_no_line(path: str, text: str) -> None:
    found = data(path, text)
    span = found.places.locate(tuple(found.value)[:1] if isinstance(found.value, dict) else ())
    assert found.is_secret
    assert found.places.source.excerpt(span.start) == HIDDEN_EXCERPT


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env", b"PASSWORD hunter2"),
        (".env", b"hunter2=1\nhunter2=2"),
        ("prod.tfvars", b'password = "hunter2'),
        ("prod.tfvars.json", b'{"password": "hunter2'),
        (".pypirc", b"[pypi]\nhunter2\n x"),
        (".env", b"PASSWORD=hunter2\xff"),
    ],
)
def test_what_is_wrong_with_a_secret_file_shows_no_line_either(path: str, text: bytes) -> None:
    found = broken(path, text)
    assert found.excerpt in (None, HIDDEN_EXCERPT)
    assert text.startswith(b"hunter2") or "hunter2" not in found.message


def test_a_place_names_the_rest_of_its_line() -> None:
    span = data("a.toml", "# c\n[a]\n  b = 1  \n").places.locate(("a", "b"))
    assert (span.start, span.end) == (Place(3, 3), Place(3, 8))


def test_what_has_no_place_has_that_of_what_is_around_it() -> None:
    places = data("a.toml", "x = 1\n[a]\nb = [1]\n").places
    assert places.locate(("a", "b", 0)).start == Place(3, 1)
    assert places.locate(("a", "missing")).start == Place(2, 2)
    assert places.locate(()).start == places.start() == Place(1, 1)
    assert places.value_start(("a",)) is None


def test_every_code_is_documented(root: Path) -> None:
    page = (root / "docs/reference/error-codes.md").read_text()
    assert [code for code in FormatCode if f"`{code}`" not in page] == []
