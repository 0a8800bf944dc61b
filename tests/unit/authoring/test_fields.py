"""Strict reading tells everything that is wrong, and reads on."""

from __future__ import annotations

from enum import StrEnum

import pytest

from policy_engine.authoring.fields import Fields, Problem, did_you_mean
from policy_engine.sources.values import JsonValue


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


def messages(problems: list[Problem]) -> list[str]:
    return [problem.message for problem in problems]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "nothing"),
        (True, "true or false"),
        (1, "a number"),
        ([], "a list"),
        ({}, "a mapping"),
    ],
)
def test_a_wrong_type_is_told_in_the_words_of_people_who_write_yaml(value: JsonValue, found: str) -> None:
    problems: list[Problem] = []
    assert Fields({"name": value}, (), problems).text("name") is None
    assert messages(problems) == [f"`name`: expected a text, found {found}"]


def test_a_missing_field_is_told_only_where_it_is_required() -> None:
    problems: list[Problem] = []
    fields = Fields({}, ("cases", 0), problems)
    fields.text("note")
    fields.text("name", required=True)
    assert problems == [Problem(path=("cases", 0), message="`name` is missing")]


def test_an_unknown_key_is_told_with_the_one_that_may_be_meant() -> None:
    problems: list[Problem] = []
    fields = Fields({"operaton": "CREATE"}, ("request",), problems)
    fields.text("operation")
    fields.finish()
    assert problems == [
        Problem(
            path=("request", "operaton"),
            message="unknown field `operaton`",
            help="did you mean `operation`?",
        )
    ]


def test_a_word_that_is_no_choice_is_told_with_the_nearest() -> None:
    problems: list[Problem] = []
    assert Fields({"colour": "gren"}, (), problems).choice("colour", Colour) is None
    assert problems[0].help == "did you mean `green`?"


def test_what_is_no_mapping_is_told_once() -> None:
    problems: list[Problem] = []
    fields = Fields(["a"], (), problems)
    fields.text("name", required=True)
    fields.finish()
    assert messages(problems) == ["expected a mapping, found a list"]


def test_labels_must_be_texts() -> None:
    problems: list[Problem] = []
    assert Fields({"labels": {"a": "b", "c": 1}}, (), problems).text_map("labels") == {"a": "b"}
    assert problems == [Problem(path=("labels", "c"), message="expected a text, found a number", help="quote it")]


@pytest.mark.parametrize(
    ("value", "help"),
    [
        ("policies/", "a list of one is written `[policies/]`"),
        ("*.yaml", 'a list of one is written `["*.yaml"]`'),
        ("yes", 'a list of one is written `["yes"]`'),
        ("1.30", 'a list of one is written `["1.30"]`'),
        ("x" * 100, "a list of one is written `[x]`"),
        ("a\nb", "a list of one is written `[x]`"),
        ({"a": "b"}, "each entry of a list begins with `- `"),
        (1, ""),
        (None, ""),
    ],
)
def test_what_is_no_list_of_texts_is_told_with_how_to_write_one(value: JsonValue, help: str) -> None:
    problems: list[Problem] = []
    fields = Fields({"names": value}, (), problems)
    assert fields.texts("names") is None
    assert list(fields.items("names", of_texts=True)) == []
    assert [problem.help for problem in problems] == [help, help]


def test_a_text_is_no_item_of_a_list_of_other_things() -> None:
    problems: list[Problem] = []
    assert list(Fields({"cases": "a"}, (), problems).items("cases")) == []
    assert problems[0].help == "each entry of a list begins with `- `"


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        (["alpha", "beta"], "did you mean `alpha`?"),
        (["one", "two"], "there are: `one`, `two`"),
        ([], "there is none"),
    ],
)
def test_suggests_the_nearest_name_or_tells_all_of_a_few(known: list[str], answer: str) -> None:
    assert did_you_mean("alpah", known) == answer


@pytest.mark.parametrize("value", [0, 1.5, -2])
def test_a_number_is_read_as_it_stands(value: int | float) -> None:
    problems: list[Problem] = []
    assert Fields({"limit": value}, (), problems).number("limit") == value
    assert problems == []


def test_true_is_no_number() -> None:
    problems: list[Problem] = []
    assert Fields({"limit": True}, (), problems).number("limit") is None
    assert messages(problems) == ["`limit`: expected a number, found true or false"]


def test_a_document_of_another_version_and_kind_is_told_what_is_expected() -> None:
    problems: list[Problem] = []
    fields = Fields({"apiVersion": "v1", "kind": "Pod"}, (), problems)
    assert not fields.is_of(api_version="v2", kind="Node")
    assert problems == [
        Problem(path=("apiVersion",), message="unknown apiVersion `v1`", help="expected `v2`"),
        Problem(path=("kind",), message="unknown kind `Pod`", help="expected `Node`"),
    ]
