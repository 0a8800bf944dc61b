"""What each format makes of its texts."""

from __future__ import annotations

import os

import pytest

from policy_engine.field_paths import FieldPath
from policy_engine.sources.formats import FormatCode
from tests.unit.sources.formats.reads import broken, data, fault, line, value


def test_yaml_with_several_documents_keeps_all_of_them() -> None:
    found = data("a.yaml", "a: 1\n---\nb: 2\n")
    assert found.value == {"a": 1}
    assert found.documents == ({"a": 1}, {"b": 2})
    assert found.layouts[1].locate(("b",)).start.line == 3


def test_an_empty_yaml_file_is_null() -> None:
    found = data("a.yaml", "# nothing\n")
    assert (found.value, found.documents) == (None, (None,))
    assert found.places.start().line == 1


def test_a_yaml_file_with_one_broken_document_is_broken() -> None:
    assert fault("a.yaml", "a: 1\n---\nb: [\n")[0] == "yaml-syntax"


TOML = """\
title = "x"
[owner]
born = 1979-05-27T07:32:00Z
day = 1979-05-27
at = 07:32:00
text = '''
[not.a.table]
fake = 1
'''
[[servers]]
ip = "a"
[servers.disk]
size = 1
[[servers]]
ip = "b"
"""


def test_toml_dates_become_text() -> None:
    assert value("a.toml", TOML) == {
        "title": "x",
        "owner": {
            "born": "1979-05-27T07:32:00+00:00",
            "day": "1979-05-27",
            "at": "07:32:00",
            "text": "[not.a.table]\nfake = 1\n",
        },
        "servers": [{"ip": "a", "disk": {"size": 1}}, {"ip": "b"}],
    }


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (("title",), 1),
        (("owner",), 2),
        (("owner", "born"), 3),
        (("servers",), 10),
        (("servers", 0, "disk", "size"), 13),
        (("servers", 1), 14),
        (("servers", 1, "ip"), 15),
        (("owner", "fake"), 2),
    ],
)
def test_toml_keys_are_found_at_their_lines(field: FieldPath, expected: int) -> None:
    assert line("a.toml", TOML, field) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ("a = '''", 1), (f"a = {'9' * 5000}", 0)]
)
def test_toml_faults_name_their_line(text: str, expected: int) -> None:
    assert fault("a.toml", text) == (FormatCode.TOML_SYNTAX, expected)


HCL = """\
variable "acl" {}

resource "aws_s3_bucket" "logs" {
  bucket = "logs-${var.name}"
  acl    = var.acl
  tags = {
    Name     = "x", (var.k) = 2
    "a b"    : -3
    for = 1.5
  }
  list = [1, true, null,
    (4), ! var.x, a > b # c
  ]
  text = <<-EOT
    one
      ${two}
  EOT
  plain = "$${three}\\n\\u00e9"
  rule { id = 1 }
  rule {
    id = 2
  }
}
"""


def test_hcl_blocks_are_lists_and_labels_keys() -> None:
    assert value("a.tf", HCL) == {
        "variable": [{"acl": {}}],
        "resource": [
            {
                "aws_s3_bucket": {
                    "logs": {
                        "bucket": "logs-${var.name}",
                        "acl": "${var.acl}",
                        "tags": {"Name": "x", "${(var.k)}": 2, "a b": -3, "for": 1.5},
                        "list": [1, True, None, 4, "${! var.x}", "${a > b}"],
                        "text": "one\n  ${two}\n",
                        "plain": "$${three}\né",
                        "rule": [{"id": 1}, {"id": 2}],
                    }
                }
            }
        ],
    }


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (("resource", 0), 3),
        (("resource", 0, "aws_s3_bucket", "logs", "acl"), 5),
        (("resource", 0, "aws_s3_bucket", "logs", "tags", "a b"), 8),
        (("resource", 0, "aws_s3_bucket", "logs", "rule", 1, "id"), 21),
        (("resource", 0, "aws_s3_bucket", "logs", "missing"), 3),
    ],
)
def test_hcl_parts_are_found_at_their_lines(field: FieldPath, expected: int) -> None:
    assert line("a.tf", HCL, field) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a = 1\nb = ^\n", 2), ("a = [\n", 2), ("a {", 1), ('a = "x', 1), ("a = 'x'", 1), ("a = <<E\nx\n", 1)],
)
def test_hcl_faults_name_their_line(text: str, expected: int) -> None:
    assert fault("a.tf", text) == (FormatCode.HCL_SYNTAX, expected)


def test_an_escape_in_hcl_that_is_no_character_stays() -> None:
    assert value("a.tf", r'a = "\ud800\U00110000"') == {"a": r"\ud800\U00110000"}


DOTENV = """\
# a comment
export HOST=example.org
PASSWORD='it''s # secret'
EMPTY=
FLAG
QUOTED="a
b"
HOME_DIR=$HOME/${HOME}
"""


def test_dotenv_values_are_text_and_never_interpolated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/leaked")
    text = DOTENV.replace("'it''s # secret'", "'its # secret'")
    assert value(".env", text) == {
        "HOST": "example.org",
        "PASSWORD": "its # secret",
        "EMPTY": "",
        "FLAG": None,
        "QUOTED": "a\nb",
        "HOME_DIR": "$HOME/${HOME}",
    }
    assert "HOST" not in os.environ
    assert line(".env", text, ("HOME_DIR",)) == 8


def test_dotenv_faults_name_their_line() -> None:
    assert fault(".env", "A=1\nB='x\n") == (FormatCode.DOTENV_SYNTAX, 2)
    assert fault(".env", DOTENV) == (FormatCode.DOTENV_SYNTAX, 3)


INI = """\
root = true

[*]
indent = 2
Flag
[DEFAULT]
x = %(y)s
long = a
  b
"""


def test_ini_is_sections_of_keys_and_lends_nothing() -> None:
    assert value("a.ini", INI) == {
        "": {"root": "true"},
        "*": {"indent": "2", "Flag": None},
        "DEFAULT": {"x": "%(y)s", "long": "a\nb"},
    }


@pytest.mark.parametrize(
    ("field", "expected"), [(("", "root"), 1), (("*",), 3), (("*", "Flag"), 5), (("DEFAULT", "long"), 8)]
)
def test_ini_keys_are_found_at_their_lines(field: FieldPath, expected: int) -> None:
    assert line("a.ini", INI, field) == expected


def test_an_indented_line_is_a_key_where_its_reader_takes_it_for_one() -> None:
    text = "[core]\nbare = false\n\thooksPath = /tmp\n"
    assert value("a/.gitconfig", text) == {"core": {"bare": "false", "hooksPath": "/tmp"}}
    assert value("a.ini", text) == {"core": {"bare": "false\nhooksPath = /tmp"}}
    assert line("a/.gitconfig", text, ("core", "hooksPath")) == 3


@pytest.mark.parametrize("text", ["[a]\nb\n  c\n", "[a]\n= 1\n", "[a]\nb = \0\n"])
def test_what_is_no_ini_is_refused(text: str) -> None:
    assert broken("a.ini", text).code == FormatCode.INI_SYNTAX


XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <name>a &amp; b</name>
  <dep scope="test"><id>x</id></dep>
  <dep><id>y</id><![CDATA[<z>]]></dep>
  <m:empty/>
</project>
"""


def test_xml_children_are_always_lists() -> None:
    assert value("pom.xml", XML) == {
        "project": {
            "@xmlns": "http://maven.apache.org/POM/4.0.0",
            "name": [{"#text": "a & b"}],
            "dep": [{"@scope": "test", "id": [{"#text": "x"}]}, {"id": [{"#text": "y"}], "#text": "<z>"}],
            "m:empty": [{}],
        }
    }


@pytest.mark.parametrize(
    ("field", "expected"), [(("project",), 3), (("project", "dep", 1, "id", 0), 6), (("project", "name"), 3)]
)
def test_xml_elements_are_found_at_their_lines(field: FieldPath, expected: int) -> None:
    assert line("pom.xml", XML, field) == expected


BILLION_LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY lol0 "lol">'
    + "".join(f'<!ENTITY lol{i} "{f"&lol{i - 1};" * 10}">' for i in range(1, 10))
    + "]><a>&lol9;</a>"
)


@pytest.mark.parametrize(
    "text",
    [
        BILLION_LAUGHS,
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/">%x;]><a/>',
        "<!DOCTYPE a [<!ELEMENT a " + "(" * 100_000 + "]><a/>",
        "<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]><a/>",
    ],
)
def test_xml_that_defines_anything_is_refused(text: str) -> None:
    assert fault("a.xml", text) == (FormatCode.XML_DTD, 1)


def test_a_dtd_outside_the_file_is_not_read() -> None:
    doctype = '<!DOCTYPE a SYSTEM "file:///etc/passwd">'
    assert value("a.xml", f"{doctype}<a>x</a>") == {"a": {"#text": "x"}}
    assert fault("a.xml", f"{doctype}\n<a>&x;</a>") == (FormatCode.XML_SYNTAX, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 1), ("<a>", 1), ("<a>\n</b>", 2), ("<a/>\n<b/>", 2), ("<a b='1' b='2'/>", 1), ("<a>\0</a>", 1)],
)
def test_xml_faults_name_their_line(text: str, expected: int) -> None:
    assert fault("a.xml", text) == (FormatCode.XML_SYNTAX, expected)
