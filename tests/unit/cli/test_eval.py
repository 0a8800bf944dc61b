"""`polgate eval`: one expression, and batches of them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from policy_engine.authoring.expression_batch import answer_case
from policy_engine.cel.program import Program
from policy_engine.cli.main import main
from policy_engine.errors import InternalError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "o.yaml").write_text("spec: {replicas: 6, at: '2026-01-02T03:04:05Z'}\n")
    return tmp_path


def test_value_type_and_cost_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "object.spec.replicas <= 5", "--object", "o.yaml"]) == 0
    assert capsys.readouterr().out == "false\ntype: bool\ncost: 4\n"


def test_json_is_what_a_batch_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "timestamp(object.spec.at)", "--object", "o.yaml", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "value": {"@timestamp": "2026-01-02T03:04:05Z"},
        "type": "google.protobuf.Timestamp",
        "static": "google.protobuf.Timestamp",
        "cost": 4,
    }


def test_a_compile_error_shows_every_fault_with_a_caret_and_a_suggestion(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["eval", "objekt.a && size(1)"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "ERROR: <input>:1:1: undeclared reference to 'objekt' (in container '')\n"
        " | objekt.a && size(1)\n"
        " | ^\n"
        "help: did you mean `object`?\n"
        "ERROR: <input>:1:17: found no matching overload for 'size' applied to '(int)'\n"
        " | objekt.a && size(1)\n"
        " | ................^\n"
    )


def test_an_error_of_the_evaluation_shows_where_it_came_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "object.spec.nope > 1", "--object", "o.yaml"]) == 2
    told = capsys.readouterr()
    assert told.err == ("ERROR: <input>:1:12: no such key: nope\n | object.spec.nope > 1\n | ...........^\n")
    assert told.out == "type: bool\ncost: 4\n"


def test_variables_can_be_declared_and_see_those_before_them(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--variable", "a=1 + 1", "--variable", "b=variables.a * 3"]
    assert main(["eval", "variables.b", *arguments]) == 0
    assert capsys.readouterr().out.startswith("6\n")


def test_a_variable_that_does_not_compile_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "1", "--variable", "a=x"]) == 2
    assert capsys.readouterr().err.startswith("variable `a` does not compile\nERROR: <input>:1:1: undeclared")


def test_the_wanted_type_is_demanded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "object.spec", "--returns", "bool"]) == 2
    assert "must evaluate to bool but got dyn" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["eval", "1", "--batch"], "--batch takes everything from its cases"),
        (["eval", "--batch", "--object", "o.yaml"], "--batch takes everything from its cases"),
        (["eval"], "name an expression, or use --batch"),
        (["eval", "1", "--object", "nope.yaml"], "nope.yaml: cannot be read: no such file or directory"),
        (["eval", "1", "--variable", "x"], "--variable: expected NAME=EXPR, found `x`"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_file_of_several_documents_is_no_value(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "two.yaml").write_text("a: 1\n---\nb: 2\n")
    assert main(["eval", "1", "--object", "two.yaml"]) == 2
    assert "`two.yaml`: expected one document, found 2 documents" in capsys.readouterr().err


def batch(
    cases: list[Any], monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> list[Any]:
    sent = "".join(json.dumps(case) + "\n" for case in cases).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sent)))
    assert main(["eval", "--batch"]) == 0
    return [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        (
            {"expr": "object.a + 1", "vars": {"object": {"a": 1}}},
            {"value": 2, "type": "int", "static": "int", "cost": 3},
        ),
        ({"expr": "1u"}, {"value": {"@uint": 1}, "type": "uint", "static": "uint", "cost": 0}),
        (
            {"expr": "x"},
            {"error": "1:1: undeclared reference to 'x' (in container '')", "stage": "compile"},
        ),
        ({"expr": "object.a"}, {"error": "no such key: a", "stage": "eval", "static": "dyn", "cost": 2}),
        (
            {"expr": "1", "returns": "bool"},
            {"error": "must evaluate to bool but got int", "stage": "compile"},
        ),
        (
            {"expr": "true", "variables": [{"name": "a", "expression": "b"}]},
            {
                "error": "variable a: compilation failed: ERROR: <input>:1:1: "
                "undeclared reference to 'b' (in container '')",
                "stage": "compile",
            },
        ),
        (
            {
                "expr": "authorizer.group('').resource('pods').check('get').allowed()",
                "authz": [{"verb": "get", "resource": "pods", "decision": "allow"}],
            },
            {"value": True, "type": "bool", "static": "bool", "cost": 350_004},
        ),
        ({"expr": 1}, {"error": "`expr`: expected a text", "stage": "input"}),
        ({"expr": "1", "vars": []}, {"error": "`vars`: expected an object", "stage": "input"}),
        (
            {"expr": "1", "vars": {"objekt": 1}},
            {
                "error": "`vars`: unknown variable `objekt`: "
                "there are object, oldObject, params, request, namespaceObject",
                "stage": "input",
            },
        ),
        (
            {"expr": "1", "returns": "int"},
            {"error": "`returns`: expected one of any, bool, string", "stage": "input"},
        ),
        (
            {"expr": "1", "variables": ["a"]},
            {"error": "`variables`: expected objects with `name` and `expression`", "stage": "input"},
        ),
        (
            {"expr": "1", "authz": [{"verbs": "get"}]},
            {
                "error": "the authorizer cannot be made: unknown field `verbs` in an authorization rule",
                "stage": "input",
            },
        ),
    ],
)
def test_a_batch_answers_each_case(
    case: Any, answer: Any, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert batch([{"id": "x", **case}], monkeypatch, capsysbinary) == [{"id": "x", **answer}]


def test_a_long_error_is_cut_to_one_line_of_160_characters(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (answer,) = batch([{"expr": "x" * 300}], monkeypatch, capsysbinary)
    assert len(answer["error"]) == 160


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make compiled code give a wrong answer: it never should, so the fault has to be put in by hand."""
    monkeypatch.setattr(Program, "run", lambda *_: 7)


@pytest.mark.usefixtures("faulty")
def test_where_compiled_code_disagrees_the_exact_answer_is_given_and_the_batch_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = '{"id": 1, "expr": "1 +\\n1"}\n{"id": 2, "expr": "1 / 0"}\n{"id": 3, "expr": "7"}\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sent.encode())))
    assert main(["eval", "--batch"]) == 2
    told = capsys.readouterr()
    first, second, third = map(json.loads, told.out.splitlines())
    assert (first["id"], first["value"], first["type"]) == (1, 2, "int")
    assert (second["id"], second["error"], second["stage"]) == (2, "division by zero", "eval")
    assert (third["id"], third["value"]) == (3, 7)
    assert told.err == (
        "internal error: the compiled form and the interpreter give different values; "
        "please report the expression: 1 +\\n1\n"
        "internal error: the compiled form gives a value where the interpreter fails: division by zero; "
        "please report the expression: 1 / 0\n"
    )


@pytest.mark.usefixtures("faulty")
def test_a_single_expression_too_is_answered_exactly_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "1 + 1"]) == 2
    told = capsys.readouterr()
    assert told.out.startswith("2\ntype: int\n")
    assert "please report the expression: 1 + 1" in told.err


@pytest.mark.usefixtures("faulty")
def test_a_case_answered_in_python_raises_where_compiled_code_disagrees() -> None:
    with pytest.raises(InternalError, match="give different values"):
        answer_case({"expr": "1 + 1"}, version="1.36")
