from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from policy_engine.errors import InputError
from policy_engine.reports.findings import combine
from policy_engine.reports.formats import FORMATS, writer_of
from policy_engine.reports.outputs import Output, check_outputs, parse_output, write_outputs
from policy_engine.reports.writer import ReportWriter
from tests.golden.rich_report import RICH


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("text", Output("text", "-")),
        ("json=-", Output("json", "-")),
        ("sarif=out.sarif", Output("sarif", "out.sarif")),
        ("markdown=a=b.md", Output("markdown", "a=b.md")),
    ],
)
def test_an_output_is_a_format_and_a_file(text: str, output: Output) -> None:
    assert parse_output(text) == output


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("sarf=x", "no output format `sarf`", "did you mean `sarif`?"),
        ("", "no output format ``", f"there are: {', '.join(FORMATS)}"),
        ("json=", "expected a file behind `json=`", "write `json=FILE`, or `json` for standard output"),
    ],
)
def test_what_is_no_output_is_refused_with_what_would_be(text: str, message: str, help: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_output(text)
    assert (caught.value.message, caught.value.help) == (message, help)


def refused(*outputs: Output) -> str:
    with pytest.raises(InputError) as caught:
        check_outputs(outputs)
    return caught.value.message


def test_two_outputs_on_standard_output_are_refused() -> None:
    assert refused(Output("text"), Output("json")) == (
        "one report can go to standard output, found `text` and `json`"
    )


def test_two_outputs_in_one_file_are_refused_however_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert "found `text` and `json`" in refused(
        Output("text", f"{tmp_path}/a"), Output("json", f"{tmp_path}/./link")
    )


def test_a_folder_that_is_missing_is_told_before_the_work(tmp_path: Path) -> None:
    assert refused(Output("text", f"{tmp_path}/no/a.txt")) == f"no folder `{tmp_path}/no` to write `a.txt` to"
    assert refused(Output("text", str(tmp_path))).startswith("expected a file to write to")


def test_each_output_goes_where_it_shall(tmp_path: Path) -> None:
    said: list[str] = []
    outputs = [Output("text"), Output("json", f"{tmp_path}/a.json"), Output("junit", f"{tmp_path}/a.xml")]
    write_outputs(RICH, outputs, say=said.append)
    assert said == ["".join(writer_of("text").write(RICH))]
    assert json.loads((tmp_path / "a.json").read_text())["outcome"] == "failed"
    assert sorted(os.listdir(tmp_path)) == ["a.json", "a.xml"]


def test_one_output_that_fails_keeps_no_other_from_being_written(tmp_path: Path) -> None:
    said: list[str] = []
    outputs = [Output("json", f"{tmp_path}/no/a.json"), Output("junit", f"{tmp_path}/a.xml"), Output("text")]
    with pytest.raises(FileNotFoundError) as caught:
        write_outputs(RICH, outputs, say=said.append)
    assert caught.value.filename == f"{tmp_path}/no/a.json"
    assert (tmp_path / "a.xml").exists()
    assert said


def test_files_are_written_when_nobody_reads_standard_output(tmp_path: Path) -> None:
    def closed(text: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        write_outputs(RICH, [Output("text"), Output("json", f"{tmp_path}/a.json")], say=closed)
    assert (tmp_path / "a.json").exists()


def test_a_file_keeps_its_mode_and_the_link_to_it(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("old")
    file.chmod(0o640)
    (tmp_path / "link").symlink_to("a.json")
    write_outputs(RICH, [Output("json", f"{tmp_path}/link")], say=print)
    assert (tmp_path / "link").is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert json.loads(file.read_text())["version"] == 1


def test_a_device_stays_what_it_is() -> None:
    write_outputs(RICH, [Output("json", os.devnull)], say=print)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_the_old_file_stays_whole_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "a.json"
    file.write_text("old")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_outputs(RICH, [Output("json", str(file))], say=print)
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_a_report_of_nothing(name: str) -> None:
    writer: ReportWriter = writer_of(name)
    assert "".join(writer.write(combine([], policies=0))).endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_the_same_report_alike(name: str) -> None:
    assert list(writer_of(name).write(RICH)) == list(writer_of(name).write(RICH))


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "text"])
def test_lines_of_files_are_shown_by_text_alone(name: str) -> None:
    text = "".join(writer_of(name).write(RICH))
    shown = {finding.excerpt.text for finding in RICH.findings if finding.excerpt.text != "metadata:"}
    assert [line for line in shown if line in text] == []
