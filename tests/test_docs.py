"""The documentation is true: what it shows is run, and what there is stands in it."""

from __future__ import annotations

import re
from doctest import DocTestParser, DocTestRunner
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from runpy import run_path

import click
import pytest

import policy_engine
import webhook
from policy_engine.changes.codes import GateCode
from policy_engine.changes.rendering import RenderingCode
from policy_engine.cli.commands import COMMANDS, polgate
from policy_engine.cli.sections import SectionedCommand
from policy_engine.errors import PolicyEngineError
from policy_engine.sources.formats import FormatCode
from policy_engine.sources.problems import ProblemCode

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_LINK = re.compile(r"\]\((?!#|[a-z]+:)([^)#]+)(?:#[^)]*)?\)")
_PYTHON = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_GENERATOR = run_path(str(DOCS / "generate.py"))
PAGES: list[Path] = _GENERATOR["pages"]()


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_what_a_page_shows_is_what_the_commands_print(page: Path) -> None:
    text = page.read_text()
    assert _GENERATOR["regenerate"](text) == text, "run `make docs` and look at the difference"


@pytest.mark.parametrize("page", [page for page in PAGES if "```pycon" in page.read_text()], ids=page_id)
def test_what_a_page_shows_of_python_is_what_python_prints(page: Path) -> None:
    shown = "".join(_PYTHON.findall(page.read_text()))
    result = DocTestRunner().run(DocTestParser().get_doctest(shown, {}, page.name, str(page), 0))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_to_a_file(page: Path) -> None:
    missing = [link for link in _LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_every_page_is_reached_from_the_table_of_contents() -> None:
    contents = (DOCS / "README.md").read_text()
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {"README.md"}
    assert pages - set(_LINK.findall(contents)) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_its_help(name: str) -> None:
    assert f"<!-- generated: polgate {name} --help -->" in (DOCS / "reference" / "commands.md").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_fits_a_screen_and_has_an_example(name: str) -> None:
    command = polgate.get_command(click.Context(polgate), name)
    assert command is not None
    with click.Context(command, info_name=f"polgate {name}", terminal_width=80) as context:
        help = command.get_help(context)
    assert len(help.splitlines()) <= 24 or isinstance(command, SectionedCommand)
    assert f"polgate {name}" in help.split("Example", 1)[1]


def test_every_error_code_is_documented() -> None:
    page = (DOCS / "reference" / "error-codes.md").read_text()
    assert [code for code in sorted(error_codes()) if f"`{code}`" not in page] == []


def error_codes() -> set[str]:
    """Give the codes of all errors of the package, and of everything that keeps a document from being read."""
    for package in (policy_engine, webhook):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    classes = [PolicyEngineError]
    for class_ in classes:
        classes.extend(class_.__subclasses__())
    return {class_.code for class_ in classes} | {*ProblemCode, *FormatCode, *RenderingCode, *GateCode}
