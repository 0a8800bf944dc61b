"""What was judged by itself before a change, and after it only as a part of something else.

Who deploys a file is not written in it: a kustomization or a chart that takes it in may be there for show. So what
such a change does to the files is judged as before too, and that they are judged otherwise from now on is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from policy_engine.changes.codes import GateCode
from policy_engine.changes.rendering import Survey, Tool, Unit
from policy_engine.records import record
from policy_engine.reports.findings import Notice
from policy_engine.sources.git import FileChange
from policy_engine.sources.trees import Tree, TreeEntry
from policy_engine.wording import listed


@record
class TakenIn:
    """files: plain manifests of the base that are parts now.

    units: of the base, which nobody renders any more, as they are now.
    """

    files: tuple[str, ...]
    units: tuple[Unit, ...]

    def changed(self, changes: Sequence[FileChange]) -> Iterator[TreeEntry]:
        """Give those of the files that the change edits, as they are now."""
        taken = set(self.files)
        return (change.new for change in changes if change.path in taken and change.new is not None)

    def notices(self) -> Iterator[Notice]:
        """Say what is judged otherwise from now on."""
        names = [*self.files, *(unit.title for unit in self.units)]
        if names:
            yield Notice(
                code=GateCode.JUDGED_OTHERWISE,
                message=f"from the next change on, these are judged only as what takes them in renders them: "
                f"{listed(names)}",
                help="`rendering` in .polgate.yaml can name what is rendered",
                path=self.files[0] if self.files else self.units[0].file,
            )


def find_taken_in(
    head: Survey, base_tree: Tree, head_tree: Tree, *, parts: tuple[Collection[str], Collection[str]]
) -> TakenIn:
    """Compare what two trees are made of.

    head: made with what the base renders. parts: files of base and head that are no manifests by themselves.
    """
    before, after = base_tree.entries(), head_tree.entries()
    files = [path for path in sorted(parts[1]) if path not in parts[0] and path in before]
    units = [unit for unit in head.former if all(path in after for path in _own(unit))]
    return TakenIn(tuple(files), tuple(units))


def _own(unit: Unit) -> Iterator[str]:
    """Give the files without which a unit is gone, and nobody would expect it to be judged."""
    yield unit.file
    if unit.tool is Tool.HELM:
        yield from (path for path in unit.inputs if path and not path.endswith("/"))
