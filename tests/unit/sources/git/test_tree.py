from __future__ import annotations

import pytest

from policy_engine.sources.document import Broken
from policy_engine.sources.git import GitError
from policy_engine.sources.limits import DEFAULT_LIMITS, Limits
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.trees import EntryKind
from tests.git_repositories import TestRepository
from tests.unit.sources.git.conftest import Opener

STRANGE = ("a b.yaml", "tab\there.yaml", "new\nline.yaml", 'quo"te.yaml', "back\\slash.yaml", "ü.yaml", "-x.yaml")
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


def test_everything_in_a_tree_is_listed_in_the_order_of_paths(
    made: TestRepository, open_repository: Opener
) -> None:
    made.write({"b.yaml": "12", "a/z.yaml": "123", "a-b.yaml": "1"})
    (made.folder / "link.yaml").symlink_to("b.yaml")
    made.commit({})
    entries = open_repository().tree("HEAD").entries()
    assert list(entries) == ["a-b.yaml", "a/z.yaml", "b.yaml", "link.yaml"]
    assert [(one.kind, one.size_bytes) for one in entries.values()] == [
        (EntryKind.FILE, 1),
        (EntryKind.FILE, 3),
        (EntryKind.FILE, 2),
        (EntryKind.LINK, 6),
    ]
    assert "a" not in entries
    assert entries.get("a") is None


def test_the_sizes_of_many_files_are_right_however_many_are_asked_for(
    made: TestRepository, open_repository: Opener
) -> None:
    made.commit({f"{number:03}.yaml": "x" * number for number in range(300)})
    entries = open_repository().tree("HEAD").entries()
    assert entries["007.yaml"].size_bytes == 7
    assert [entry.size_bytes for entry in entries.values()] == list(range(300))


def test_the_same_content_has_the_same_id(made: TestRepository, open_repository: Opener) -> None:
    made.commit({"a.yaml": "x", "b.yaml": "x", "c.yaml": "y"})
    first, second, third = open_repository().tree("HEAD").entries().values()
    assert first.id == second.id != third.id


def test_strange_names_are_names_like_others(made: TestRepository, open_repository: Opener) -> None:
    base = made.commit({})
    made.commit({name: f"kind: {name}" for name in STRANGE})
    repository = open_repository()
    tree = repository.tree("HEAD")
    assert set(tree.entries()) == set(STRANGE)
    assert [tree.read(name, DEFAULT_LIMITS) for name in STRANGE] == [f"kind: {name}".encode() for name in STRANGE]
    assert set(tree.containing(["kind: "])) == set(STRANGE)
    assert {one.path for one in repository.changes(repository.tree(base).id, tree.id)} == set(STRANGE)


def test_a_name_that_is_no_utf_8_survives(made: TestRepository, open_repository: Opener) -> None:
    tree_id = made.tree([("100644", made.blob(b"kind: x"), b"caf\xe9.yaml")])
    repository = open_repository()
    tree = repository.tree(tree_id)
    (path,) = tree.entries()
    assert path.encode("utf-8", "surrogateescape") == b"caf\xe9.yaml"
    assert tree.read(path, DEFAULT_LIMITS) == b"kind: x"
    assert tree.containing(["kind"]) == [path]
    (change,) = repository.changes(repository.tree("").id, tree.id)
    assert change.path == path


def test_files_are_read_in_the_order_asked_with_what_cannot_be_read_among_them(
    made: TestRepository, open_repository: Opener
) -> None:
    made.commit({f"{number:03}.yaml": str(number) for number in range(200)})
    tree = open_repository().tree("HEAD")
    paths = [f"{number:03}.yaml" for number in range(220)][::-1]
    found = list(tree.read_many(paths, DEFAULT_LIMITS))
    assert [path for path, _ in found] == paths
    assert [content for _, content in found[20:]] == [str(number).encode() for number in range(200)][::-1]
    assert all(isinstance(content, Broken) for _, content in found[:20])


def test_one_file_can_be_read_while_others_are(made: TestRepository, open_repository: Opener) -> None:
    made.commit({f"{number:03}.yaml": str(number) for number in range(100)})
    tree = open_repository().tree("HEAD")
    for path, content in tree.read_many(tree.entries(), DEFAULT_LIMITS):
        assert tree.read(path, DEFAULT_LIMITS) == content


def test_large_content_is_read_whole(made: TestRepository, open_repository: Opener) -> None:
    content = bytes(range(256)) * 40_000
    made.commit({"a.yaml": content, "b.yaml": content[1:], "empty.yaml": b""})
    found = open_repository().tree("HEAD").read_many(["a.yaml", "empty.yaml", "b.yaml"], DEFAULT_LIMITS)
    assert [data for _, data in found] == [content, b"", content[1:]]


@pytest.mark.parametrize("path", ["missing.yaml", "a", "/a/b.yaml", "a/../a/b.yaml", ""])
def test_what_is_not_there_is_broken(made: TestRepository, open_repository: Opener, path: str) -> None:
    made.commit({"a/b.yaml": "x"})
    found = open_repository().tree("HEAD").read(path, DEFAULT_LIMITS)
    assert isinstance(found, Broken)
    assert (found.code, found.path) == (ProblemCode.FILE_UNREADABLE, path)


def test_a_file_of_just_the_limit_is_read_and_one_more_byte_is_too_much(
    made: TestRepository, open_repository: Opener
) -> None:
    made.commit({"a.yaml": "12345", "b.yaml": "123456"})
    tree = open_repository().tree("HEAD")
    assert tree.read("a.yaml", Limits(file_bytes=5)) == b"12345"
    found = tree.read("b.yaml", Limits(file_bytes=5))
    assert isinstance(found, Broken)
    assert found.code == ProblemCode.FILE_TOO_LARGE


@pytest.mark.parametrize("harm", ["remove_object", "damage_object"])
def test_content_that_a_clone_lacks_is_broken_and_the_rest_is_read(
    made: TestRepository, open_repository: Opener, harm: str
) -> None:
    made.commit({"a.yaml": "kind: 1", "b.yaml": "kind: 2", "c.yaml": "kind: 3"})
    getattr(made, harm)(made.git("rev-parse", "HEAD:b.yaml"))
    tree = open_repository().tree("HEAD")
    first, (_, broken), third = tree.read_many(["a.yaml", "b.yaml", "c.yaml"], DEFAULT_LIMITS)
    assert (first[1], third[1]) == (b"kind: 1", b"kind: 3")
    assert isinstance(broken, Broken)
    assert broken.code == ProblemCode.FILE_UNREADABLE
    assert "missing from this clone, or damaged" in broken.message
    assert tree.containing(["kind"]) == ["a.yaml", "b.yaml", "c.yaml"]


def test_content_that_is_damaged_inside_is_broken_and_the_rest_is_read(
    made: TestRepository, open_repository: Opener
) -> None:
    made.commit({name: f"kind: {name}" * 1000 for name in ("a.yaml", "b.yaml", "c.yaml")})
    damaged = made.folder / ".git" / "objects" / made.git("rev-parse", "HEAD:b.yaml")[:2]
    (file,) = damaged.iterdir()
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-20])
    found = dict(open_repository().tree("HEAD").read_many(["a.yaml", "b.yaml", "c.yaml"], DEFAULT_LIMITS))
    assert isinstance(found["b.yaml"], Broken)
    assert isinstance(found["a.yaml"], bytes)
    assert isinstance(found["c.yaml"], bytes)


def test_a_folder_that_a_clone_lacks_is_an_error_and_no_smaller_tree(
    made: TestRepository, open_repository: Opener
) -> None:
    made.commit({"a.yaml": "x", "b/c.yaml": "y"})
    made.commit({"b/c.yaml": "z"})
    made.remove_object(made.git("rev-parse", "HEAD:b"))
    repository = open_repository()
    base, head = repository.tree("HEAD~1"), repository.tree("HEAD")
    for attempt in (head.entries, lambda: repository.changes(base.id, head.id), lambda: head.containing(["x"])):
        with pytest.raises(GitError) as caught:
            attempt()
        assert caught.value.code == "git-failed"


def test_a_pointer_of_git_lfs_is_broken(made: TestRepository, open_repository: Opener) -> None:
    made.commit({"a.yaml": POINTER, "b.yaml": POINTER + b"x" * 2000})
    tree = open_repository().tree("HEAD")
    found = tree.read("a.yaml", DEFAULT_LIMITS)
    assert isinstance(found, Broken)
    assert "Git LFS" in found.message
    assert tree.read("b.yaml", DEFAULT_LIMITS) == POINTER + b"x" * 2000


def test_manifests_are_found_by_any_of_the_words(made: TestRepository, open_repository: Opener) -> None:
    made.commit(
        {
            "a/one.yaml": "kind: Namespace",
            "a/two.yml": "kind: Secret",
            "b/three.json": '{"kind": "Namespace"}',
            "b/four.txt": "kind: Namespace",
            "c.yaml": "kind: namespace",
        }
    )
    tree = open_repository().tree("HEAD")
    assert tree.containing(["Namespace"]) == ["a/one.yaml", "b/three.json"]
    assert tree.containing(["Namespace", "Secret"]) == ["a/one.yaml", "a/two.yml", "b/three.json"]
    assert tree.containing(["Namesp.ce"]) == []
    assert tree.containing([]) == []


@pytest.mark.parametrize("folder", ["a", "a/", "x*[y]?\\z", "sub/deep"])
def test_manifests_are_looked_for_only_under_the_folders_named(
    made: TestRepository, open_repository: Opener, folder: str
) -> None:
    inside = folder.strip("/")
    made.commit(
        {f"{inside}/n.yaml": "word", f"{inside}/m/n.yaml": "word", "ab.yaml": "word", "xx[y]zz/n.yaml": "word"}
    )
    tree = open_repository().tree("HEAD")
    assert tree.containing(["word"], under=[folder]) == [f"{inside}/m/n.yaml", f"{inside}/n.yaml"]
    assert tree.containing(["word"], under=["nowhere"]) == []
    assert len(tree.containing(["word"], under=[folder, ""])) == 4
    many = [folder, *(f"folder-{number}" for number in range(300))]
    assert tree.containing(["word"], under=many) == [f"{inside}/m/n.yaml", f"{inside}/n.yaml"]


def test_manifests_that_cannot_be_searched_are_found_too(made: TestRepository, open_repository: Opener) -> None:
    made.commit({"a.yaml": "kind: Namespace".encode("utf-16"), "b.yaml": POINTER, "c.yaml": "kind: Secret"})
    assert open_repository().tree("HEAD").containing(["Namespace"]) == ["a.yaml", "b.yaml"]


def test_words_with_a_line_break_are_found_as_they_are(made: TestRepository, open_repository: Opener) -> None:
    made.commit({"a.yaml": "a: 1\nb: 2\n", "b.yaml": "a: 1\n", "c.yaml": "b: 2\n"})
    assert open_repository().tree("HEAD").containing(["1\nb"]) == ["a.yaml"]


def test_a_search_after_another_finds_what_a_search_of_its_own_does(
    made: TestRepository, open_repository: Opener
) -> None:
    made.commit({"a.yaml": "word", "b.yaml": "word", "c.yaml": "other", "d.yaml": "word"})
    made.commit(
        {"a.yaml": "word!", "b.yaml": "other", "c.yaml": "word", "d.yaml": None, "e.yaml": "word", "f.txt": "word"}
    )
    together, alone = open_repository(), open_repository()
    assert together.tree("HEAD~1").containing(["word"]) == ["a.yaml", "b.yaml", "d.yaml"]
    assert together.tree("HEAD").containing(["word"]) == ["a.yaml", "c.yaml", "e.yaml"]
    assert alone.tree("HEAD").containing(["word"]) == ["a.yaml", "c.yaml", "e.yaml"]
    assert together.tree("HEAD~1").containing(["word"]) == ["a.yaml", "b.yaml", "d.yaml"]


def test_a_link_is_not_searched(made: TestRepository, open_repository: Opener) -> None:
    made.write({"a.yaml": "x"})
    (made.folder / "link.yaml").symlink_to("word")
    made.commit({})
    repository = open_repository()
    assert repository.tree("HEAD").containing(["word"]) == []
    repository.tree("").containing(["word"])
    assert repository.tree("HEAD").containing(["word"]) == []


@pytest.mark.parametrize("word", ["wo\0rd", "wo\nrd", "word" * 50_000])
def test_words_that_no_command_line_takes_are_found(
    made: TestRepository, open_repository: Opener, word: str
) -> None:
    made.commit({"a.yaml": f"kind: {word}", "b.yaml": "kind: wo"})
    assert open_repository().tree("HEAD").containing([word]) == ["a.yaml"]


def test_more_words_than_a_command_line_takes_are_found(made: TestRepository, open_repository: Opener) -> None:
    words = [f"{number:05}{'-' * 250}" for number in range(10_000)]
    made.commit({"a.yaml": words[0], "b.yaml": words[-1], "c.yaml": "-" * 250})
    assert open_repository().tree("HEAD").containing(words) == ["a.yaml", "b.yaml"]
