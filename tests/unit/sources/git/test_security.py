"""Repositories made to harm whoever reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policy_engine.sources.document import Broken
from policy_engine.sources.git import GitError, Repository
from policy_engine.sources.limits import DEFAULT_LIMITS
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.trees import EntryKind
from tests.git_repositories import TestRepository, trap, wrapped_git
from tests.unit.sources.git.conftest import Opener

SECRET = b"kind: Secret"


def read_everything(repository: Repository, base: str, head: str) -> None:
    """Do all that a gate does with two revisions."""
    old, new = repository.tree(repository.resolve(base)), repository.tree(repository.resolve(head))
    repository.merge_base(base, head)
    repository.commits(base, head, 10)
    repository.changes(old.id, new.id)
    for tree in (old, new, repository.staged()):
        list(tree.read_many(tree.entries(), DEFAULT_LIMITS))
        tree.containing(["kind"])


@pytest.mark.parametrize("name", ["..", ".", "", "../x.yaml", "/etc/x.yaml", ".git", ".GIT", "a//b.yaml", "GIT~1"])
def test_a_tree_whose_paths_lead_out_of_it_is_refused(
    made: TestRepository, open_repository: Opener, name: str
) -> None:
    blob = made.blob(SECRET)
    hostile = [made.tree([("100644", blob, name)])]
    if "/" not in name:
        hostile.append(made.tree([("40000", made.tree([("100644", blob, "x.yaml")]), name)]))
        hostile.append(made.tree([("40000", hostile[0], "inner")]))
    repository = open_repository()
    for tree_id in hostile:
        tree = repository.tree(tree_id)
        for attempt in (tree.entries, lambda id=tree_id: repository.changes(repository.tree("").id, id)):
            with pytest.raises(GitError) as caught:
                attempt()
            assert caught.value.code == ("tree-invalid" if name else "git-failed")


def test_a_tree_with_two_files_at_one_path_is_refused(made: TestRepository, open_repository: Opener) -> None:
    tree_id = made.tree([("100644", made.blob(b"good"), "a.yaml"), ("100644", made.blob(b"bad"), "a.yaml")])
    repository = open_repository()
    for attempt in (
        repository.tree(tree_id).entries,
        lambda: repository.changes(repository.tree("").id, tree_id),
    ):
        with pytest.raises(GitError, match="two files at one path") as caught:
            attempt()
        assert caught.value.code == "tree-invalid"


def test_a_tree_out_of_order_hides_no_change(made: TestRepository, open_repository: Opener) -> None:
    one, two, three = (made.blob(content) for content in (b"1", b"2", b"3"))
    base = made.tree([("100644", one, "a.yaml"), ("100644", two, "b.yaml")])
    head = made.tree([("100644", two, "b.yaml"), ("100644", three, "a.yaml")])
    with pytest.raises(GitError) as caught:
        open_repository().changes(base, head)
    assert caught.value.code == "tree-invalid"


def test_a_link_to_etc_passwd_is_never_read(made: TestRepository, open_repository: Opener) -> None:
    made.write({"a.yaml": "x"})
    (made.folder / "link.yaml").symlink_to("/etc/passwd")
    (made.folder / "folder").symlink_to("/etc")
    made.commit({})
    tree = open_repository().tree("HEAD")
    assert tree.entries()["link.yaml"].kind is EntryKind.LINK
    for path in ("link.yaml", "folder", "folder/passwd"):
        found = tree.read(path, DEFAULT_LIMITS)
        assert isinstance(found, Broken)
        assert found.code == ProblemCode.FILE_UNREADABLE


def test_a_link_in_place_of_the_index_or_the_work_tree_gives_nothing_away(
    made: TestRepository, open_repository: Opener
) -> None:
    made.commit({"a.yaml": "x"})
    (made.folder / ".git" / "index").unlink()
    (made.folder / ".git" / "index").symlink_to("/etc/passwd")
    with pytest.raises(GitError) as caught:
        open_repository().staged()
    assert "root" not in caught.value.message


def test_a_submodule_is_listed_and_its_url_never_fetched(
    made: TestRepository, open_repository: Opener, tmp_path: Path
) -> None:
    program, sprung = trap(tmp_path)
    base = made.commit(
        {".gitmodules": f'[submodule "s"]\n\tpath = s\n\turl = ext::{program}\n\tupdate = !{program}\n'}
    )
    made.git("config", "submodule.s.url", f"ext::{program}")
    made.git("config", "protocol.ext.allow", "always")
    made.git("config", "submodule.recurse", "true")
    made.git("update-index", "--add", "--cacheinfo", f"160000,{base},s")
    made.git("commit", "--quiet", "--message", "Add a submodule")
    repository = open_repository()
    read_everything(repository, base, "HEAD")
    entry = repository.tree("HEAD").entries()["s"]
    assert (entry.kind, entry.size_bytes, entry.id) == (EntryKind.SUBMODULE, None, base)
    found = repository.tree("HEAD").read("s", DEFAULT_LIMITS)
    assert isinstance(found, Broken)
    assert "submodule" in found.message
    assert not sprung.exists()


def test_filters_and_converters_that_attributes_name_never_run(
    made: TestRepository, open_repository: Opener, tmp_path: Path
) -> None:
    program, sprung = trap(tmp_path)
    base = made.commit({"a.yaml": "kind: $Format:%H$ $Id$\r\n", "b.yaml": "kind: old"})
    made.commit(
        {
            ".gitattributes": "*.yaml filter=evil diff=evil merge=evil export-subst ident eol=crlf text\n"
            "b.yaml working-tree-encoding=UTF-16\n",
            "b.yaml": "kind: new".encode("utf-16"),
        }
    )
    stored = made.git_bytes("cat-file", "blob", "HEAD:a.yaml")
    for name in ("filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv"):
        made.git("config", name, str(program))
    for name in (
        "diff.evil.command",
        "diff.external",
        "merge.evil.driver",
        "core.pager",
        "pager.grep",
        "gpg.program",
    ):
        made.git("config", name, str(program))
    repository = open_repository()
    read_everything(repository, base, "HEAD")
    assert repository.tree("HEAD").read("a.yaml", DEFAULT_LIMITS) == stored
    assert not sprung.exists()


def test_hooks_and_file_system_monitors_never_run(
    made: TestRepository, open_repository: Opener, tmp_path: Path
) -> None:
    base = made.commit({"a.yaml": "1"})
    made.commit({"a.yaml": "2"})
    made.write({"a.yaml": "3"})
    made.git("add", "--all")
    program, sprung = trap(tmp_path)
    hooks = made.folder / ".git" / "hooks"
    for hook in (
        "post-index-change",
        "reference-transaction",
        "post-checkout",
        "pre-auto-gc",
        "fsmonitor-watchman",
    ):
        (hooks / hook).unlink(missing_ok=True)
        (hooks / hook).symlink_to(program)
    made.git("config", "core.hooksPath", str(hooks))
    made.git("config", "core.fsmonitor", str(program))
    sprung.unlink(missing_ok=True)
    read_everything(open_repository(), base, "HEAD")
    assert not sprung.exists()


def test_hooks_do_not_run_when_history_is_fetched(
    made: TestRepository, open_repository: Opener, tmp_path: Path
) -> None:
    made.commit({"a.yaml": "1"})
    made.commit({"a.yaml": "2"})
    clone = TestRepository.clone(made, tmp_path / "clone", "--depth=1")
    program, sprung = trap(tmp_path)
    (clone.folder / ".git" / "hooks" / "reference-transaction").symlink_to(program)
    made.commit({"a.yaml": "3"})
    assert open_repository(clone.folder).deepen("origin", ["main"])
    assert not sprung.exists()


def test_replace_refs_and_grafts_show_no_other_content(made: TestRepository, open_repository: Opener) -> None:
    base = made.commit({"a.yaml": "base"})
    head = made.commit({"a.yaml": "bad"})
    shown = made.commit({"a.yaml": "good"})
    made.git("replace", head, shown)
    made.git("replace", made.git("rev-parse", f"{head}:a.yaml"), made.blob(b"good"))
    (made.folder / ".git" / "info" / "grafts").write_text(f"{head}\n")
    repository = open_repository()
    assert repository.tree(head).read("a.yaml", DEFAULT_LIMITS) == b"bad"
    assert repository.merge_base(base, head) == base
    assert [one.id for one in repository.commits(base, head, 10)] == [head]


def test_a_file_of_100_megabytes_is_too_large_and_not_loaded(
    made: TestRepository, open_repository: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zeros = tmp_path / "zeros"
    with open(zeros, "wb") as file:
        file.truncate(100 * 1024 * 1024)
    blob = made.git("hash-object", "-w", str(zeros))
    tree_id = made.tree([("100644", made.blob(b"kind: Namespace"), "a.yaml"), ("100644", blob, "b.yaml")])
    # No git that reads may hold as much in memory.
    monkeypatch.setenv("PATH", wrapped_git(tmp_path / "bin", "ulimit -v 90000;"))
    tree = open_repository().tree(tree_id)
    assert tree.entries()["b.yaml"].size_bytes == 100 * 1024 * 1024
    found = dict(tree.read_many(["b.yaml", "a.yaml"], DEFAULT_LIMITS))
    assert isinstance(found["b.yaml"], Broken)
    assert found["b.yaml"].code == ProblemCode.FILE_TOO_LARGE
    assert found["a.yaml"] == b"kind: Namespace"
    assert tree.containing(["Namespace"]) == ["a.yaml", "b.yaml"]


def test_a_dozen_trees_that_stand_for_endless_files_are_refused(
    made: TestRepository, open_repository: Opener
) -> None:
    tree_id = made.tree([("100644", made.blob(b"x"), f"{number}.yaml") for number in range(10)])
    for _ in range(9):
        tree_id = made.tree([("40000", tree_id, f"d{number}") for number in range(10)])
    repository = open_repository()
    for attempt in (
        repository.tree(tree_id).entries,
        lambda: repository.changes(repository.tree("").id, tree_id),
    ):
        with pytest.raises(GitError, match="finds too much"):
            attempt()


def test_a_partial_clone_fetches_nothing_by_itself(
    made: TestRepository, open_repository: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.commit({"a.yaml": "kind: 1"})
    made.commit({"a.yaml": "kind: 2"})
    clone = TestRepository.clone(made, tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    program, sprung = trap(tmp_path)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(program))
    clone.git("config", "core.sshCommand", str(program))
    clone.git("config", "remote.origin.uploadpack", str(program))
    clone.git("config", "credential.helper", f"!{program}")
    clone.git("config", "protocol.file.allow", "always")
    for url in (made.folder.as_uri(), "ssh://example.invalid/x"):
        clone.git("config", "remote.origin.url", url)
        tree = open_repository(clone.folder).tree("HEAD")
        found = tree.read("a.yaml", DEFAULT_LIMITS)
        assert isinstance(found, Broken)
        assert "missing from this clone" in found.message
        assert "--filter" in found.help
        assert tree.entries()["a.yaml"].size_bytes is None
        assert tree.containing(["kind"]) == ["a.yaml"]
    assert not sprung.exists()


def test_an_ssh_command_of_a_repository_that_somebody_else_owns_never_runs(
    made: TestRepository, open_repository: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = made.commit({"a.yaml": "1"})
    made.commit({"a.yaml": "2"})
    program, sprung = trap(tmp_path)
    made.git("config", "core.sshCommand", str(program))
    made.git("remote", "add", "origin", "ssh://example.invalid/x")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", wrapped_git(tmp_path / "bin", "GIT_TEST_ASSUME_DIFFERENT_OWNER=1"))
    repository = open_repository()
    read_everything(repository, base, "HEAD")
    with pytest.raises(GitError, match="dubious ownership"):
        repository.deepen("origin", ["main"])
    assert not sprung.exists()


def test_programs_are_no_way_to_reach_a_remote(
    made: TestRepository, open_repository: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, sprung = trap(tmp_path)
    made.commit({"a.yaml": "1"})
    made.git("config", "protocol.ext.allow", "always")
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "ext:file")
    with pytest.raises(GitError, match="transport 'ext' not allowed"):
        open_repository().deepen(f"ext::{program}", ["main"])
    assert not sprung.exists()


def test_a_repository_inside_a_repository_is_never_fetched_for(open_repository: Opener, tmp_path: Path) -> None:
    bare = TestRepository.create(tmp_path / "outer" / "bare.git", "--bare")
    program, sprung = trap(tmp_path)
    bare.git("config", "remote.origin.url", "ssh://example.invalid/x")
    bare.git("config", "core.sshCommand", str(program))
    with pytest.raises(GitError, match="bare repository"):
        open_repository(bare.folder).deepen("origin", ["main"])
    assert not sprung.exists()


def test_variables_that_lead_to_another_repository_are_not_followed(
    made: TestRepository, open_repository: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = made.commit({"a.yaml": "1"})
    other = TestRepository.create(tmp_path / "other")
    other.commit({"b.yaml": "2"})
    for name in ("GIT_DIR", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(other.folder / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.folder / ".git" / "objects"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.folder))
    monkeypatch.setenv("GIT_NAMESPACE", "x")
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    repository = open_repository()
    assert repository.resolve("main") == head
    assert repository.tree("main").containing(["1"]) == ["a.yaml"]


def test_a_git_program_inside_the_repository_never_runs(
    made: TestRepository, open_repository: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = made.commit({"a.yaml": "1"})
    _, sprung = trap(made.folder, "git")
    monkeypatch.chdir(made.folder)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}{os.environ['PATH']}")
    assert open_repository().resolve("HEAD") == head
    assert not sprung.exists()


def test_settings_that_a_user_has_change_nothing(
    made: TestRepository, open_repository: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.commit({"a.yaml": "word", "b.yaml": "other"})
    (tmp_path / ".gitconfig").write_text(
        "[grep]\n\tpatternType = perl\n\tlineNumber = true\n[color]\n\tui = always\n[diff]\n\torderFile = /x\n"
        "\tnoprefix = true\n[core]\n\tquotePath = true\n[log]\n\tshowSignature = true\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    repository = open_repository()
    assert repository.tree("HEAD").containing(["wo"]) == ["a.yaml"]
    assert len(repository.changes(repository.tree("").id, repository.tree("HEAD").id)) == 2


def test_a_commit_larger_than_any_is_refused_before_it_is_read(
    made: TestRepository, open_repository: Opener
) -> None:
    made.write({"a.yaml": "x"})
    made.git("add", "--all")
    made.git("commit", "--quiet", "--file=-", stdin=b"x" * (1024 * 1024 + 1))
    with pytest.raises(GitError, match="is larger than"):
        open_repository().commits("", "HEAD", 1)


def test_what_git_complains_of_is_shown_without_what_terminals_obey(
    made: TestRepository, open_repository: Opener
) -> None:
    (made.folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (made.folder / ".git" / "config").write_bytes(b'[core]\n\trepositoryformatversion = "\x1b[31m`9"\n')
    with pytest.raises(GitError) as caught:
        open_repository().resolve("HEAD")
    assert caught.value.message.isprintable()


def test_nothing_is_left_behind(made: TestRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.commit({"a.yaml": "1"})
    before = made.state()
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with Repository.open(str(made.folder)) as repository:
        read_everything(repository, "HEAD", "HEAD")
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []
    assert made.state() == before
