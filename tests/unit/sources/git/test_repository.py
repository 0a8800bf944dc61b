from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine.sources.git import GitError, Repository
from policy_engine.sources.limits import DEFAULT_LIMITS
from policy_engine.sources.trees import EntryKind
from tests.git_repositories import TestRepository
from tests.unit.sources.git.conftest import Opener

MISSING = "0123456789" * 4


def test_a_work_tree_is_opened_at_its_top_and_from_a_folder_inside(
    made: TestRepository, open_repository: Opener
) -> None:
    made.commit({"a/b/c.yaml": "x"})
    assert open_repository().root == str(made.folder)
    assert open_repository(made.folder / "a" / "b").root == str(made.folder)


def test_a_bare_repository_has_no_work_tree(tmp_path: Path, open_repository: Opener) -> None:
    bare = TestRepository.create(tmp_path / "bare.git", "--bare")
    commit = bare.commit_tree(bare.tree([("100644", bare.blob(b"x"), "a.yaml")]))
    bare.git("update-ref", "refs/heads/main", commit)
    repository = open_repository(bare.folder)
    assert repository.root == ""
    assert repository.resolve("main") == commit
    assert repository.tree("main").read("a.yaml", DEFAULT_LIMITS) == b"x"


def test_a_linked_work_tree_is_opened_with_its_own_head(
    made: TestRepository, tmp_path: Path, open_repository: Opener
) -> None:
    made.commit({"a.yaml": "x"})
    made.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    head = TestRepository(tmp_path / "linked").commit({"b.yaml": "y"})
    repository = open_repository(tmp_path / "linked")
    assert repository.root == str(tmp_path / "linked")
    assert repository.resolve("HEAD") == head
    assert repository.resolve("main") != head


def test_a_submodule_is_opened_by_itself(made: TestRepository, tmp_path: Path, open_repository: Opener) -> None:
    made.commit({"a.yaml": "x"})
    outer = TestRepository.create(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(made.folder), "inner")
    repository = open_repository(outer.folder / "inner")
    assert repository.root == str(outer.folder / "inner")
    assert list(repository.tree("HEAD").entries()) == ["a.yaml"]


@pytest.mark.parametrize("name", ["", "missing", "file"])
def test_a_path_in_no_repository_is_told_of(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GitError) as caught:
        Repository.open(str(tmp_path / name))
    assert caught.value.code == "not-a-repository"


def test_a_pointer_to_a_folder_that_is_no_repository_is_told_of(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text(f"gitdir: {tmp_path}/nowhere\n")
    with pytest.raises(GitError, match="points at no Git repository") as caught:
        Repository.open(str(tmp_path))
    assert caught.value.code == "not-a-repository"


def test_a_missing_git_is_told_of_with_how_to_get_it(
    made: TestRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(made.folder))
    with pytest.raises(GitError, match="found no `git`") as caught:
        Repository.open(str(made.folder))
    assert caught.value.code == "git-missing"
    assert "install" in caught.value.help


def test_a_repository_that_git_refuses_is_told_of_in_its_words(
    made: TestRepository, open_repository: Opener
) -> None:
    (made.folder / ".git" / "config").write_text("[core\n")
    with pytest.raises(GitError, match="bad config line 1") as caught:
        open_repository().resolve("HEAD")
    assert caught.value.code == "git-failed"


def test_branches_tags_and_shortened_ids_name_commits(made: TestRepository, open_repository: Opener) -> None:
    first = made.commit({"a.yaml": "x"})
    second = made.commit({"a.yaml": "y"})
    made.git("tag", "--annotate", "--message", "One", "v1", first)
    repository = open_repository()
    assert [repository.resolve(name) for name in ("main", "HEAD", second[:9])] == [second] * 3
    assert [repository.resolve(name) for name in ("v1", "HEAD~1", "main^")] == [first] * 3


@pytest.mark.parametrize(
    "revision",
    [
        "",
        "nowhere",
        "--upload-pack=x",
        "-h",
        "HEAD\nHEAD",
        "HEAD..HEAD",
        "HEAD:a.yaml",
        MISSING,
        "x" * 100_000,
        "\udcff",
    ],
)
def test_what_names_no_commit_is_refused(made: TestRepository, open_repository: Opener, revision: str) -> None:
    made.commit({"a.yaml": "x"})
    with pytest.raises(GitError) as caught:
        open_repository().resolve(revision)
    assert caught.value.code == "revision-unknown"
    assert "git fetch origin" in caught.value.help
    assert "\n" not in caught.value.message


def test_histories_part_at_their_merge_base(made: TestRepository, open_repository: Opener) -> None:
    first = made.commit({"a.yaml": "x"})
    made.git("checkout", "--quiet", "-b", "side")
    made.commit({"b.yaml": "x"})
    made.git("checkout", "--quiet", "main")
    made.commit({"a.yaml": "y"})
    assert open_repository().merge_base("main", "side") == first


def test_histories_without_a_common_commit_have_no_merge_base(
    made: TestRepository, open_repository: Opener
) -> None:
    first = made.commit({"a.yaml": "x"})
    other = made.commit_tree(f"{first}^{{tree}}", message="Another beginning")
    assert open_repository().merge_base(first, other) is None


def test_what_differs_is_listed_by_path_with_old_and_new(made: TestRepository, open_repository: Opener) -> None:
    made.commit({"kept.yaml": "k", "changed.yaml": "old", "gone.yaml": "g", "moved.yaml": "m"})
    made.commit({"changed.yaml": "newer", "gone.yaml": None, "moved.yaml": None, "a/moved.yaml": "m"})
    repository = open_repository()
    base, head = repository.tree("HEAD~1"), repository.tree("HEAD")
    changes = repository.changes(base.id, head.id)
    assert [(one.path, one.old and one.old.size_bytes, one.new and one.new.size_bytes) for one in changes] == [
        ("a/moved.yaml", None, 1),
        ("changed.yaml", 3, 5),
        ("gone.yaml", 1, None),
        ("moved.yaml", 1, None),
    ]
    assert changes[0].new is not None
    assert changes[3].old is not None
    assert changes[0].new.id == changes[3].old.id
    assert repository.changes(head.id, head.id) == ()


def test_a_file_that_becomes_a_link_is_a_change_of_its_kind(made: TestRepository, open_repository: Opener) -> None:
    made.commit({"a.yaml": "x"})
    made.write({"a.yaml": None})
    (made.folder / "a.yaml").symlink_to("b.yaml")
    made.commit({})
    repository = open_repository()
    (change,) = repository.changes(repository.tree("HEAD~1").id, repository.tree("HEAD").id)
    assert change.old is not None
    assert change.new is not None
    assert (change.old.kind, change.new.kind) == (EntryKind.FILE, EntryKind.LINK)


def test_a_first_commit_is_compared_with_a_tree_without_files(
    made: TestRepository, open_repository: Opener
) -> None:
    made.commit({"a.yaml": "x"})
    repository = open_repository()
    nothing = repository.tree("")
    assert nothing.entries() == {}
    assert nothing.containing(["x"]) == []
    (change,) = repository.changes(nothing.id, repository.tree("HEAD").id)
    assert (change.path, change.old) == ("a.yaml", None)


def test_a_repository_with_longer_ids_is_read_too(tmp_path: Path, open_repository: Opener) -> None:
    made = TestRepository.create(tmp_path / "sha256", "--object-format=sha256")
    head = made.commit({"a.yaml": "x"})
    repository = open_repository(made.folder)
    assert len(head) == 64
    assert repository.resolve("HEAD") == head
    assert repository.tree("HEAD").read("a.yaml", DEFAULT_LIMITS) == b"x"
    assert len(repository.changes(repository.tree("").id, repository.tree("HEAD").id)) == 1


def test_commits_are_read_newest_first_with_whole_messages(made: TestRepository, open_repository: Opener) -> None:
    base = made.commit({"a.yaml": "1"})
    made.commit({"a.yaml": "2"}, "Say one\nthing\n\nAnd why\n")
    made.commit({"a.yaml": "3"}, "Say another")
    repository = open_repository()
    newest, older = repository.commits(base, "HEAD", 10)
    assert (newest.subject, older.subject) == ("Say another", "Say one thing")
    assert older.message == "Say one\nthing\n\nAnd why\n"
    assert (older.author_name, older.author_email) == ("Ada Author", "ada@example.com")
    assert (older.committer_name, older.committer_email) == ("Carl Committer", "carl@example.com")
    assert (older.parents, older.is_signed) == ((base,), False)
    assert [one.id for one in repository.commits(base, "HEAD", 1)] == [newest.id]
    assert len(repository.commits("", "HEAD", 10)) == 3


def test_a_signature_is_seen_but_not_verified(made: TestRepository, open_repository: Opener) -> None:
    head = made.commit({"a.yaml": "1"}, "Signed")
    content = made.git_bytes("cat-file", "commit", head).replace(
        b"\n\nSigned", b"\ngpgsig -----BEGIN SSH SIGNATURE-----\n \n gpgsig\n -----END\nx-other y\n\nSigned"
    )
    signed = made.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=content)
    (commit,) = open_repository().commits("", signed, 1)
    assert (commit.is_signed, commit.message) == (True, "Signed\n")


def test_the_encoding_that_a_commit_names_is_kept_to(made: TestRepository, open_repository: Opener) -> None:
    made.write({"a.yaml": "1"})
    made.git("add", "--all")
    made.git("config", "i18n.commitEncoding", "ISO-8859-1")
    made.git("commit", "--quiet", "--file=-", stdin="Käse".encode("latin-1"))
    (commit,) = open_repository().commits("", "HEAD", 1)
    assert commit.subject == "Käse"


@pytest.mark.parametrize("encoding", ["unicode_escape", "punycode", "rot13", "iso-8859-99", "x y"])
def test_an_encoding_that_no_one_uses_is_read_as_utf_8(
    made: TestRepository, open_repository: Opener, encoding: str
) -> None:
    head = made.commit({"a.yaml": "1"}, "Käse")
    content = made.git_bytes("cat-file", "commit", head).replace(b"\n\n", f"\nencoding {encoding}\n\n".encode(), 1)
    changed = made.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=content)
    (commit,) = open_repository().commits("", changed, 1)
    assert commit.subject == "Käse"


def test_what_is_staged_is_read_and_not_what_lies_in_the_work_tree(
    made: TestRepository, open_repository: Opener
) -> None:
    made.commit({"a.yaml": "committed", "gone.yaml": "x"})
    made.write({"a.yaml": "staged", "b/new.yaml": "new"})
    made.git("add", "--all")
    made.git("rm", "--quiet", "--cached", "gone.yaml")
    made.write({"a.yaml": "in the work tree"})
    before = made.state()
    repository = open_repository()
    tree = repository.staged()
    assert list(tree.entries()) == ["a.yaml", "b/new.yaml"]
    assert tree.read("a.yaml", DEFAULT_LIMITS) == b"staged"
    assert tree.containing(["new"]) == ["b/new.yaml"]
    changes = repository.changes(repository.tree("HEAD").id, tree.id)
    assert [one.path for one in changes] == ["a.yaml", "b/new.yaml", "gone.yaml"]
    assert made.state() == before


def test_nothing_staged_before_the_first_commit_is_a_tree_without_files(open_repository: Opener) -> None:
    assert open_repository().staged().entries() == {}


def test_files_that_are_unmerged_cannot_be_judged_as_staged(made: TestRepository, open_repository: Opener) -> None:
    made.commit({"a.yaml": "1"})
    made.git("checkout", "--quiet", "-b", "side")
    made.commit({"a.yaml": "2"})
    made.git("checkout", "--quiet", "main")
    ours = made.commit({"a.yaml": "3"})
    made.git("read-tree", "-m", f"{ours}~1", ours, "side")
    with pytest.raises(GitError, match=r"unmerged files, such as `a\.yaml`"):
        open_repository().staged()


def test_the_index_that_a_commit_hands_to_its_hooks_is_the_one_judged(
    made: TestRepository, open_repository: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.commit({"a.yaml": "1"})
    made.write({"a.yaml": "2"})
    made.git("add", "--all", GIT_INDEX_FILE=".git/next")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next")
    monkeypatch.chdir(made.folder)
    assert open_repository().staged().read("a.yaml", DEFAULT_LIMITS) == b"2"
    monkeypatch.chdir(tmp_path)
    assert open_repository().staged().read("a.yaml", DEFAULT_LIMITS) == b"1"


def test_a_shallow_clone_says_so_and_how_to_mend_it(
    made: TestRepository, tmp_path: Path, open_repository: Opener
) -> None:
    first = made.commit({"a.yaml": "1"})
    made.commit({"a.yaml": "2"})
    TestRepository.clone(made, tmp_path / "clone", "--depth=1")
    repository = open_repository(tmp_path / "clone")
    assert repository.is_shallow
    with pytest.raises(GitError) as caught:
        repository.resolve(first)
    assert "--unshallow" in caught.value.help


def test_more_history_is_fetched_step_by_step(
    made: TestRepository, tmp_path: Path, open_repository: Opener
) -> None:
    commits = [made.commit({"a.yaml": str(number)}) for number in range(6)]
    TestRepository.clone(made, tmp_path / "clone", "--depth=1")
    repository = open_repository(tmp_path / "clone")
    assert repository.deepen("origin", commits=2)
    assert repository.resolve("HEAD~2") == commits[3]
    was_shallow = repository.is_shallow
    assert repository.deepen("origin")
    assert repository.merge_base("HEAD", commits[0]) == commits[0]
    assert (was_shallow, repository.is_shallow) == (True, False)
    assert not repository.deepen("origin")
    assert not repository.deepen("origin", ["main"])


def test_the_merge_base_of_a_shallow_branch_is_found_by_fetching_its_target(
    made: TestRepository, tmp_path: Path, open_repository: Opener
) -> None:
    parted = [made.commit({"a.yaml": str(number)}) for number in range(3)][-1]
    made.git("checkout", "--quiet", "-b", "side")
    for number in range(6):
        made.commit({"b.yaml": str(number)})
    made.git("checkout", "--quiet", "main")
    made.commit({"c.yaml": "1"})
    clone = TestRepository.clone(made, tmp_path / "clone", "--depth=1", "--single-branch", "--branch=side")
    clone.git("branch", "mine")
    repository = open_repository(clone.folder)
    target = ["+refs/heads/main:refs/remotes/origin/main"]
    assert repository.deepen("origin", target, commits=2)
    assert repository.merge_base("origin/main", "HEAD") is None
    assert repository.deepen("origin", target, commits=4)
    assert repository.merge_base("origin/main", "HEAD") == parted
    assert clone.git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags").split() == [
        "refs/heads/mine",
        "refs/heads/side",
    ]


def test_a_commit_that_a_shallow_clone_lacks_is_fetched_by_its_id(
    made: TestRepository, tmp_path: Path, open_repository: Opener
) -> None:
    made.commit({"a.yaml": "1"})
    TestRepository.clone(made, tmp_path / "clone", "--depth=1", "--branch=main")
    made.git("checkout", "--quiet", "-b", "side")
    side = made.commit({"b.yaml": "1"})
    repository = open_repository(tmp_path / "clone")
    assert repository.deepen("origin", [side], commits=1)
    assert repository.resolve(side) == side
    assert repository.deepen("origin", ["side:refs/remotes/origin/side"], commits=1)
    assert repository.resolve("origin/side") == side


def test_a_fetch_that_fails_tells_why_and_what_the_job_can_do(
    made: TestRepository, tmp_path: Path, open_repository: Opener
) -> None:
    made.commit({"a.yaml": "1"})
    made.commit({"a.yaml": "2"})
    TestRepository.clone(made, tmp_path / "clone", "--depth=1")
    made.folder.rename(tmp_path / "elsewhere")
    with pytest.raises(GitError, match="`git fetch` failed") as caught:
        open_repository(tmp_path / "clone").deepen("origin")
    assert "fetch-depth: 0" in caught.value.help


@pytest.mark.parametrize(("remote", "ref"), [("-x", "main"), ("", "a"), ("origin", "--all"), ("origin", "a:main")])
def test_nothing_but_remotes_and_refs_is_handed_to_a_fetch(open_repository: Opener, remote: str, ref: str) -> None:
    with pytest.raises(GitError, match=r"is no name of a remote|is nothing to fetch"):
        open_repository().deepen(remote, [ref])


def test_what_a_server_checks_before_it_takes_a_push_is_read(
    made: TestRepository, tmp_path: Path, open_repository: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.commit({"a.yaml": "1"})
    quarantine = tmp_path / "quarantine"
    quarantine.mkdir()
    objects = made.folder / ".git" / "objects"
    variables = {"GIT_OBJECT_DIRECTORY": str(quarantine), "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects)}
    blob = made.git("hash-object", "-w", "--stdin", stdin=b"pushed", **variables)
    tree = made.git("mktree", stdin=f"100644 blob {blob}\ta.yaml\n".encode(), **variables)
    for name, value in (variables | {"GIT_QUARANTINE_PATH": str(quarantine)}).items():
        monkeypatch.setenv(name, value)
    assert open_repository().tree(tree).read("a.yaml", DEFAULT_LIMITS) == b"pushed"
