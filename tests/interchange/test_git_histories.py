"""Random histories of a git repository and a glossary that are edited by different people.

The colleague in git also reverts, squashes, rebases, pushes by force, and renames folders and the
case of names. After each history, both sides are equal, each term exists once, no text that a sync
saw was lost, and nothing that was deleted came back.
"""

import os
import re
import unicodedata

import pytest

from terms.files.plan import ALL, FILE, GLOSSARY
from terms.interchange.sync import SyncOptions, sync
from terms.models import Revision, Term
from tests.interchange.git import Colleague, add_repository, git
from tests.interchange.test_two_sides import World

pytestmark = pytest.mark.django_db
GIT_HISTORIES = int(os.environ.get("GIT_HISTORIES", "8"))


def number_of(text):
    return re.search(r"term-\d+", text)[0]


class GitWorld(World):
    """A clone of a repository, and a glossary that syncs with the repository."""

    def __init__(self, folder, seed):
        self.colleague = Colleague(folder, "words" if seed % 3 == 0 else "")
        self.clone = self.colleague.clone
        self.repository = add_repository(
            self.colleague, folder="words" if seed % 3 == 0 else "", push="branch"
        )
        super().__init__(self.colleague.folder, seed)

    def run(self, *words):
        """Run git, and return whether it succeeded."""
        try:
            git(self.clone, *words)
        except AssertionError:
            return False
        return True

    # In the clone

    def commit(self):
        git(self.clone, "add", "-A")
        git(self.clone, "commit", "-q", "--allow-empty", "-m", "Edit")

    def merge(self):
        """Take what was pushed by the sync. Where both changed the same, the clone wins."""
        self.commit()
        git(self.clone, "fetch", "-q", "origin")
        if not self.run("rev-parse", "-q", "--verify", "origin/main"):
            return
        if not self.run("merge", "-q", "-X", "ours", "--allow-unrelated-histories", "origin/main"):
            self.run("merge", "--abort")
            git(self.clone, "reset", "-q", "--soft", "origin/main")
            self.commit()

    def push(self, *options):
        self.merge()
        git(self.clone, "push", "-q", *options, "origin", "main")

    def revert(self):
        self.merge()
        if not self.run("revert", "--no-edit", "HEAD"):
            self.run("revert", "--abort")

    def squash(self):
        self.merge()
        git(self.clone, "checkout", "-q", "--orphan", "other")
        self.commit()
        git(self.clone, "branch", "-q", "-M", "main")
        git(self.clone, "push", "-q", "--force", "origin", "main")

    def amend(self):
        self.merge()
        git(self.clone, "commit", "-q", "--amend", "--allow-empty", "-m", "Other words")
        git(self.clone, "push", "-q", "--force", "origin", "main")

    def rename_folder(self):
        folders = sorted({file.parent for file in self.files()} - {self.folder})
        if folders:
            target = self.folder / f"folder-{self.next()}"
            self.random.choice(folders).rename(target)

    def rename_case(self):
        file = self.a_file()
        name = self.random.choice([str.upper, str.lower, self.composed])(file.stem)
        if name != file.stem and not file.with_name(f"{name}.md").exists():
            file.rename(file.with_name(f"{name}.md"))

    def composed(self, name):
        return unicodedata.normalize("NFD", f"{name}-é")

    # Both

    def bring_in(self, side=None):
        sides = {ALL: side} if side else {}
        sync(self.repository, options=SyncOptions(sides=sides, removes_many=True))

    def agree(self, side):
        self.push()
        before = {str(f.relative_to(self.folder)): f.read_text() for f in self.files()}
        self.bring_in(side)
        self.colleague.pull()
        history = set(Revision.objects.values_list("text", flat=True))
        trashed = Term.with_trash.exclude(trashed_at=None)
        deleted = {number_of(body) for body in trashed.values_list("body", flat=True)}
        lost = {number_of(text) for text in before.values() if text not in history}
        assert lost <= deleted  # edited there, deleted here, and decided for the glossary

    def step(self):
        acts = {
            self.create_there: 1, self.edit_there: 4, self.rename_there: 2, self.delete_there: 1,
            self.create_here: 1, self.edit_here: 4, self.rename_here: 2, self.delete_here: 1,
            self.bring_in: 2, self.push: 3, self.revert: 1, self.squash: 0.5, self.amend: 0.5,
            self.rename_folder: 1, self.rename_case: 1,
        }  # fmt: skip
        (act,) = self.random.choices(list(acts), list(acts.values()))
        act()


@pytest.mark.parametrize("seed", range(GIT_HISTORIES))
def test_git_and_glossary_are_equal_in_the_end(tmp_path, seed, settings):
    settings.DATA_DIR = tmp_path / "data"
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    world = GitWorld(tmp_path, seed)
    for _ in range(12):
        world.step()
    side = world.random.choice([FILE, GLOSSARY])
    for _ in range(2):
        world.agree(side)

    result = sync(world.repository)
    assert (result.attention, result.received, result.commits) == ([], {}, [])
    here = {term.path: term.newest_revision().text for term in Term.objects.all()}
    there = {str(f.relative_to(world.folder)): f.read_text() for f in world.files()}
    assert here == there
    numbers = [number_of(text) for text in here.values()]
    assert len(set(numbers)) == len(numbers)
