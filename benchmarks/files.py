"""Import and export of whole folders: I1, I3, E1."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing

import yaml

from terms.files.exporting import export
from terms.files.import_plan import plan_import
from terms.files.importing import apply_import

from .measure import Result, compare
from .room import Room


class Files(Room):
    IDS = ("I1", "I3", "E1")

    def prepare(self) -> None:
        self.source = self.ground.source
        self.files = self.ground.files
        self.out = self.folder / "out"
        self.peer_out = self.folder / "peer"
        self.scratch = self.folder / "floor.sqlite3"
        self.git("init", "-q")
        self.git("add", ".")
        # Times as old as in a folder that is not being written to.
        time.sleep(2.1)

    def git(self, *words: str) -> None:
        folder = ["--git-dir", str(self.folder / "git"), "--work-tree", str(self.source)]
        subprocess.run(
            ["git", *folder, *words], cwd=self.source, check=True, stdout=subprocess.DEVNULL
        )

    def empty(self) -> None:
        self.glossary = self.ground.emptied()
        self.scratch.unlink(missing_ok=True)

    def imported(self) -> None:
        self.empty()
        self.import_all()

    def import_all(self) -> None:
        plan = apply_import(plan_import(self.glossary, self.source))
        assert plan.counts["created"] == self.count

    def floor(self) -> None:
        """The work that no import can avoid: read, split, parse with libyaml, insert the rows."""
        terms, details, relations = [], [], []
        for number, (name, _) in enumerate(self.files):
            text = (self.source / name).read_text()
            _, header, body = text.split("---\n", 2)
            data = yaml.load(header, Loader=yaml.CSafeLoader)
            terms.append((number, name, data["term"], data["description"], body, text))
            details += [(number, n, d["title"], d["value"]) for n, d in enumerate(data["details"])]
            labels = data["details"][2]["value"].split(", ")
            relations += [(number, n, label) for n, label in enumerate(labels)]
        with closing(sqlite3.connect(self.scratch)) as database, database:
            database.execute("CREATE TABLE term (a INTEGER PRIMARY KEY, b UNIQUE, c, d, e, f)")
            database.execute("CREATE TABLE detail (a, b, c, d, UNIQUE (a, b))")
            database.execute("CREATE TABLE relation (a, b, c, UNIQUE (a, b))")
            database.executemany("INSERT INTO term VALUES (?, ?, ?, ?, ?, ?)", terms)
            database.executemany("INSERT INTO detail VALUES (?, ?, ?, ?)", details)
            database.executemany("INSERT INTO relation VALUES (?, ?, ?)", relations)

    def i1(self) -> Iterator[Result]:
        what = "import with revisions and relations / read, split, C YAML, rows"
        yield compare("I1", what, "at most 2", self.count, self.import_all, self.floor, self.empty)
        what = "the same / python-frontmatter and update_or_create"
        yield compare(
            "I1", what, "below 1", self.count, self.import_all, self.usual_way, self.empty
        )

    def usual_way(self) -> None:
        self.ground.fill_as_usual(self.glossary, lambda text: text)

    # I3

    def i3(self) -> Iterator[Result]:
        self.imported()

        def again() -> None:
            plan = apply_import(plan_import(self.glossary, self.source))
            assert plan.counts["unchanged"] == self.count

        yield compare(
            "I3", "import of an unchanged folder / git status", "at most 2", self.count,
            again, lambda: self.git("status", "--porcelain"), times=10,
        )  # fmt: skip

    # E1

    def e1(self) -> Iterator[Result]:
        self.imported()
        yield self.first_export("os.write and rename", self.write_plainly, "at most 1.2")
        yield self.first_export("git checkout-index", self.checkout, "at most 1")

    def first_export(self, peer: str, theirs, goal: str) -> Result:  # type: ignore[no-untyped-def]
        def ours() -> None:
            assert export(self.glossary, self.out).counts["written"] == self.count
            assert export(self.glossary, self.out).counts["unchanged"] == self.count

        def ours_once() -> None:
            assert export(self.glossary, self.out).counts["written"] == self.count

        def prepare() -> None:
            shutil.rmtree(self.out, ignore_errors=True)
            shutil.rmtree(self.peer_out, ignore_errors=True)

        prepare()
        ours()
        return compare(
            "E1", f"export of all / {peer}", goal, self.count, ours_once, theirs, prepare
        )

    def write_plainly(self) -> None:
        self.peer_out.mkdir()
        partial = str(self.peer_out / "partial")
        for name, text in self.files:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT, 0o666)
            os.write(descriptor, text.encode())
            os.close(descriptor)
            os.rename(partial, self.peer_out / name)

    def checkout(self) -> None:
        self.git("checkout-index", "--all", f"--prefix={self.peer_out}/")
