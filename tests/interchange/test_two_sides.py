"""Random histories of a folder and a glossary that are edited by different people.

After each history, both sides are equal, each term exists once, and no text was lost.
"""

import os
import random
import re

import pytest

from terms.changes.rename import move
from terms.changes.trash import trash
from terms.files.exporting import export
from terms.files.import_plan import plan_import
from terms.files.plan import ALL, FILE, GLOSSARY
from terms.interchange.imports import Wishes, run_import
from terms.models import Revision, Term
from tests.factory import default_glossary, make_term, save_text, text_of

pytestmark = pytest.mark.django_db
HISTORIES = int(os.environ.get("HISTORIES", "25"))
PARAGRAPHS = 6


class World:
    """A folder and a glossary. Every term has a number in its text, and so has every edit."""

    def __init__(self, folder, seed):
        self.folder = folder
        self.random = random.Random(seed)
        self.count = 0
        for _ in range(4):
            self.create_there()
        self.agree(FILE)

    def next(self):
        self.count += 1
        return self.count

    def text(self):
        number = self.next()
        body = "\n\n".join(f"Paragraph {p} of term-{number}." for p in range(PARAGRAPHS))
        return f"Term {number}", text_of(f"Term {number}", body=body)

    def new_path(self):
        folder = self.random.choice(["", "a/", "b/c/"])
        return f"{folder}file-{self.next()}.md"

    def edited(self, text):
        """Replace a paragraph, or the description."""
        number = self.next()
        if self.random.random() < 0.3:
            return re.sub(r"What .*\n|edit-d\d+\n", f"edit-d{number}\n", text, count=1)
        part = self.random.randrange(PARAGRAPHS)
        return re.sub(rf"(Paragraph {part} of term-\d+).*", rf"\1, edit-{number}.", text)

    # In the folder

    def files(self):
        return sorted(self.folder.rglob("*.md"))

    def a_file(self):
        return self.random.choice(self.files())

    def create_there(self):
        path = self.folder / self.new_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text()[1])

    def edit_there(self):
        file = self.a_file()
        file.write_text(self.edited(file.read_text()))

    def rename_there(self):
        new = self.folder / self.new_path()
        new.parent.mkdir(parents=True, exist_ok=True)
        self.a_file().rename(new)

    def delete_there(self):
        if len(self.files()) > 2:
            self.a_file().unlink()

    # In the glossary

    def a_term(self):
        return self.random.choice(list(Term.objects.order_by("pk")))

    def create_here(self):
        name, text = self.text()
        make_term(name, path=self.new_path(), text=text)

    def edit_here(self):
        term = self.a_term()
        save_text(term, self.edited(term.newest_revision().text))

    def rename_here(self):
        move(self.a_term(), self.new_path())

    def delete_here(self):
        if Term.objects.count() > 2:
            trash(self.a_term())

    # Both

    def bring_in(self, side=None):
        before = {file: file.read_text() for file in self.files()}
        sides = {ALL: side} if side else {}
        plan = plan_import(default_glossary(), self.folder, sides=sides)
        run_import(plan, wishes=Wishes(removes_many=True))
        return before

    def agree(self, side):
        before = self.bring_in(side)
        history = set(Revision.objects.values_list("text", flat=True))
        deleted = {str(file) for file in self.of_trash()}
        for file, text in before.items():
            assert text in history or str(file.relative_to(self.folder)) in deleted
        export(default_glossary(), self.folder, prune=True)

    def of_trash(self):
        plan = plan_import(default_glossary(), self.folder)
        return [entry.path for entry in plan.entries if "is in the trash" in entry.reason]

    def step(self):
        acts = {
            self.create_there: 1, self.edit_there: 4, self.rename_there: 2, self.delete_there: 1,
            self.create_here: 1, self.edit_here: 4, self.rename_here: 2, self.delete_here: 1,
            self.bring_in: 1, lambda: export(default_glossary(), self.folder): 1,
        }  # fmt: skip
        (act,) = self.random.choices(list(acts), list(acts.values()))
        act()


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_both_sides_are_equal_in_the_end(tmp_path, seed):
    world = World(tmp_path, seed)
    for _ in range(12):
        world.step()
    side = world.random.choice([FILE, GLOSSARY])
    for _ in range(2):
        world.agree(side)

    plan = plan_import(default_glossary(), tmp_path)
    assert {(e.path, e.status, e.reason) for e in plan.entries if e.status != "unchanged"} == set()
    result = export(default_glossary(), tmp_path, check=True)
    assert result.differences == []
    here = {t.path: t.newest_revision().text for t in Term.objects.all()}
    there = {str(f.relative_to(tmp_path)): f.read_text() for f in world.files()}
    assert here == there
    numbers = [re.search(r"term-\d+", text)[0] for text in here.values()]
    assert len(set(numbers)) == len(numbers)
