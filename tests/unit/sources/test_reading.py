from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine.sources import Broken, Document, DocumentReader, LeftOut, Limits, Place, ProblemCode
from policy_engine.sources.reading import Entry
from policy_engine.sources.values import JsonValue
from tests.json_parts import part

POD = "apiVersion: v1\nkind: Pod\n"


def read(text: str | bytes, path: str = "a.yaml", limits: Limits | None = None) -> list[Entry]:
    reader = DocumentReader(limits) if limits is not None else DocumentReader()
    return list(reader.read(path, text.encode() if isinstance(text, str) else text))


def read_one(text: str | bytes, path: str = "a.yaml", limits: Limits | None = None) -> Entry:
    entries = read(text, path, limits)
    assert len(entries) == 1, entries
    return entries[0]


def broken(text: str | bytes, path: str = "a.yaml", limits: Limits | None = None) -> Broken:
    entry = read_one(text, path, limits)
    assert isinstance(entry, Broken)
    return entry


def values(text: str | bytes, path: str = "a.yaml") -> list[JsonValue]:
    return [entry.value for entry in read(text, path) if isinstance(entry, Document)]


def test_documents_are_numbered_and_begin_at_their_lines() -> None:
    documents = read(f"# first\n{POD}---\n\n{POD}")
    assert [(d.index, d.start()) for d in documents if isinstance(d, Document)] == [
        (0, Place(2, 1)),
        (1, Place(6, 1)),
    ]


def test_crlf_and_a_byte_order_mark_change_nothing() -> None:
    text = f"{POD}---\n{POD}".replace("\n", "\r\n")
    assert values(b"\xef\xbb\xbf" + text.encode()) == values(f"{POD}---\n{POD}")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_where_a_mark_says_so(encoding: str) -> None:
    assert values(f"\ufeff{POD}".encode(encoding)) == [{"apiVersion": "v1", "kind": "Pod"}]


def test_a_mark_in_the_middle_of_a_text_is_refused_because_readers_disagree() -> None:
    found = broken("apiVersion: v1\n\ufeffkind: Pod\n")
    assert (found.code, found.place) == (ProblemCode.NOT_TEXT, Place(2, 1))


def test_bytes_that_are_no_text_are_refused_at_their_line() -> None:
    found = broken(b"apiVersion: v1\nkind: \xff\n")
    assert (found.code, found.place) == (ProblemCode.NOT_TEXT, Place(2, 7))
    assert found.message == "not UTF-8 text: found byte 0xff"


def test_a_nul_is_refused_at_its_place() -> None:
    found = broken("apiVersion: v1\nkind: P\0d\n")
    assert (found.code, found.place) == (ProblemCode.NOT_TEXT, Place(2, 8))


@pytest.mark.parametrize("line", ["\tname: x", "  \tname: x"])
def test_a_tab_as_indentation_is_called_by_its_name(line: str) -> None:
    found = broken(f"{POD}metadata:\n{line}\n")
    assert found.message == "a tab cannot indent YAML"
    assert found.place is not None
    assert found.place.line == 4


def test_duplicate_keys_are_refused_with_both_lines() -> None:
    found = broken(f"{POD}metadata:\n  name: a\n  labels: {{}}\n  name: b\n")
    assert (found.code, found.place) == (ProblemCode.DUPLICATE_KEY, Place(6, 3))
    assert found.note is not None
    assert (found.note.place, found.note.text) == (Place(4, 3), "set before here")


def test_keys_that_become_the_same_in_json_are_duplicates() -> None:
    assert broken("on: 1\n'true': 2\n").code == ProblemCode.DUPLICATE_KEY


def test_a_key_may_override_a_merged_one() -> None:
    assert part(values(f"{POD}a: &a {{x: 1, z: 1}}\nb: {{<<: *a, x: 2}}\n"), 0, "b") == {"x": 2, "z": 1}


def test_one_broken_document_leaves_the_others() -> None:
    entries = read(f"{POD}---\na: b: c\n---\n{POD}")
    assert [type(entry) for entry in entries] == [Document, Broken, Document]
    assert isinstance(entries[1], Broken)
    assert entries[1].place == Place(4, 5)


def test_a_template_is_recognised_and_said_once() -> None:
    entries = read("kind: Pod\nname: {{ .Release.Name }}-x\n---\n{{ if .Values.on }}\n---\n" + POD)
    assert [type(entry) for entry in entries] == [Broken, Document]
    assert isinstance(entries[0], Broken)
    assert (entries[0].code, entries[0].place) == (ProblemCode.HELM_TEMPLATE, Place(2, 7))
    assert entries[0].message.startswith("looks like a template")


def test_braces_in_strings_are_no_template() -> None:
    assert isinstance(read_one(POD + "a: '{{ x }}'\n"), Document)


def test_text_behind_a_separator_is_refused_as_kubectl_does() -> None:
    found = broken("--- {apiVersion: v1, kind: Pod}\n")
    assert (found.code, found.place) == (ProblemCode.DOCUMENT_SEPARATOR, Place(1, 4))


def test_a_comment_may_follow_a_separator() -> None:
    assert len(values(f"{POD}--- # next\n{POD}")) == 2


def test_a_separator_inside_an_indented_block_separates_nothing() -> None:
    assert part(values(f"{POD}a: |\n  ---\n  b\n"), 0, "a") == "---\nb\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\n", "has no apiVersion and no kind"),
        ("kind: Pod\n", "has no apiVersion"),
        ("apiVersion: v1\n", "has no kind"),
        ("- 1\n", "is no mapping"),
        ("apiVersion: v1\nkind: Config\n", "is a kubeconfig"),
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
            "is read by kustomize, not by an API server",
        ),
    ],
)
def test_what_is_no_object_is_left_out_with_its_reason(text: str, reason: str) -> None:
    entry = read_one(text)
    assert isinstance(entry, LeftOut)
    assert entry.reason == reason


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n---\n", "null\n"])
def test_empty_documents_are_nothing(text: str) -> None:
    assert read(text) == []


def test_lists_are_unpacked_with_places() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n- apiVersion: v1\n  kind: Secret\n"
    documents = [entry for entry in read(text) if isinstance(entry, Document)]
    assert [(d.kind, d.inside, d.start()) for d in documents] == [
        ("Pod", ("items", 0), Place(4, 3)),
        ("Secret", ("items", 1), Place(6, 3)),
    ]


def test_items_of_a_typed_list_take_its_kind() -> None:
    assert values("apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n") == [
        {"metadata": {"name": "a"}, "apiVersion": "v1", "kind": "Pod"}
    ]


def test_objects_under_items_of_another_kind_are_judged_too() -> None:
    kinds = [part(one, "kind") for one in values(f"{POD}items:\n- apiVersion: v1\n  kind: Secret\n")]
    assert kinds == ["Pod", "Secret"]


def test_an_item_that_is_no_object_is_broken_at_its_line() -> None:
    found = broken("apiVersion: v1\nkind: List\nitems:\n- 5\n")
    assert (found.code, found.place) == (ProblemCode.LIST_INVALID, Place(4, 3))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: .inf\n", ProblemCode.UNSUPPORTED_VALUE),
        ("? [a]\n: 1\n", ProblemCode.UNSUPPORTED_KEY),
        ("~: 1\n", ProblemCode.UNSUPPORTED_KEY),
        ("a: !!int x\n", ProblemCode.TAG_MISMATCH),
        ("a: *b\n", ProblemCode.ALIAS_INVALID),
        ("a: &a [*a]\n", ProblemCode.ALIAS_INVALID),
        ("a: [\n", ProblemCode.YAML_SYNTAX),
        ("%YAML 1.1\n---\n", ProblemCode.YAML_SYNTAX),
    ],
)
def test_faults_have_their_codes(text: str, code: ProblemCode) -> None:
    assert broken(text).code == code


class TestLimits:
    def test_fifty_kilobytes_of_brackets_are_an_error_and_no_dead_process(self) -> None:
        found = broken("[" * 50_000)
        assert (found.code, found.place) == (ProblemCode.TOO_DEEP, Place(1, 101))

    def test_deep_json_is_an_error(self) -> None:
        assert broken('{"a":' * 50_000, "a.json").code == ProblemCode.TOO_DEEP

    def test_aliases_count_as_what_they_stand_for(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
        found = broken("\n".join(lines))
        assert found.code == ProblemCode.TOO_MANY_NODES
        assert found.place is not None
        assert found.place.line == 7

    def test_aliases_count_for_depth(self) -> None:
        lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 120)]
        assert broken("\n".join(lines)).code == ProblemCode.TOO_DEEP

    def test_a_file_past_the_limit_is_refused_whole(self) -> None:
        found = broken(POD * 2, limits=Limits(file_bytes=len(POD)))
        assert (found.code, found.message) == (ProblemCode.FILE_TOO_LARGE, f"larger than {len(POD)} bytes")

    def test_documents_past_the_limit_are_an_error(self) -> None:
        entries = read(f"{POD}---\n" * 4, limits=Limits(documents=3))
        assert [type(entry) for entry in entries] == [Document] * 3 + [Broken]
        assert isinstance(entries[-1], Broken)
        assert entries[-1].code == ProblemCode.TOO_MANY_DOCUMENTS

    @pytest.mark.parametrize("template", ["{pod}a: {long}\n", "{pod}a: &x {long}\n", "{pod}{long}: 1\n"])
    def test_a_long_string_is_an_error_however_it_is_read(self, template: str) -> None:
        text = template.format(pod=POD, long="x" * 200)
        assert broken(text, limits=Limits(scalar_length=100)).code == ProblemCode.SCALAR_TOO_LONG

    def test_a_text_longer_than_a_string_may_be_is_still_read(self) -> None:
        assert isinstance(read_one(POD + "a: b\n" + "# c\n" * 100, limits=Limits(scalar_length=50)), Document)

    def test_a_long_json_string_is_an_error(self) -> None:
        found = broken('{"a": "' + "x" * 200 + '"}', "a.json", Limits(scalar_length=100))
        assert found.code == ProblemCode.SCALAR_TOO_LONG


class TestJson:
    def test_numbers_keep_the_type_they_are_written_with(self) -> None:
        text = '{"apiVersion": "v1", "kind": "P", "a": 1, "b": 1.0, "c": 9223372036854775808}'
        value = values(text, "a.json")[0]
        assert isinstance(value, dict)
        assert [type(value[key]) for key in "abc"] == [int, float, float]

    def test_the_same_in_yaml_makes_an_int_of_a_whole_number(self) -> None:
        value = values(f"{POD}b: 1.0\n")[0]
        assert isinstance(value, dict)
        assert type(value["b"]) is int

    def test_json_values_may_follow_each_other(self) -> None:
        one = '{"apiVersion": "v1", "kind": "Pod"}'
        documents = [entry for entry in read(f"{one}\n{one}{one}", "a.json") if isinstance(entry, Document)]
        assert [d.start() for d in documents] == [Place(1, 1), Place(2, 1), Place(2, 36)]

    def test_yaml_may_follow_json(self) -> None:
        assert len(values('{"apiVersion": "v1", "kind": "Pod"}\n---\n' + POD, "a.json")) == 2

    def test_a_duplicate_key_is_refused_with_both_places(self) -> None:
        found = broken('{"a": 1,\n "b": 2,\n "a": 3}', "a.json")
        assert (found.code, found.place) == (ProblemCode.DUPLICATE_KEY, Place(3, 2))
        assert found.note is not None
        assert found.note.place == Place(1, 2)

    def test_a_fault_is_shown_where_json_is_wrong(self) -> None:
        found = broken('{"a": 1\n "b": 2}', "a.json")
        assert (found.code, found.place) == (ProblemCode.JSON_SYNTAX, Place(2, 2))
        assert found.message == 'not JSON: expected `,` or `}`, found `"`'

    def test_half_a_character_becomes_a_replacement_as_in_go(self) -> None:
        value = values('{"apiVersion": "v1", "kind": "P", "a": "x\\ud800\\ud83d\\ude00"}', "a.json")[0]
        assert isinstance(value, dict)
        assert value["a"] == "x\ufffd\U0001f600"

    def test_a_number_that_no_float_holds_is_an_error(self) -> None:
        assert broken('{"a": 1e999}', "a.json").code == ProblemCode.UNSUPPORTED_VALUE

    def test_fields_have_places(self) -> None:
        text = '{\n  "apiVersion": "v1",\n  "kind": "Pod",\n  "spec": {"x": [1,\n    {"y": 2}]}\n}'
        document = read_one(text, "a.json")
        assert isinstance(document, Document)
        assert document.locate(("spec", "x", 1, "y")).start == Place(5, 6)


def test_the_excerpt_of_a_minified_file_is_cut_around_the_place() -> None:
    text = '{"apiVersion": "v1", "kind": "Pod", "a": "' + "x" * 5000 + '", "b": {"c": 1, "c": 2}}'
    found = broken(text, "a.json")
    assert found.excerpt is not None
    assert len(found.excerpt.text) <= 200
    assert found.excerpt.text[found.excerpt.column - 1 :].startswith('"c": 2')


def test_a_reader_can_be_used_for_many_files(tmp_path: Path) -> None:
    reader = DocumentReader()
    first = [entry for entry in reader.read("a.yaml", (POD + "a: on\n").encode()) if isinstance(entry, Document)]
    second = [
        entry for entry in reader.read("b.yaml", (POD + "a: 'on'\n").encode()) if isinstance(entry, Document)
    ]
    assert (first[0].value["a"], second[0].value["a"]) == (True, "on")
