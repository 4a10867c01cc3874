"""Publishing, building and searching: I2, P1, L1, B1, B2, Q1, Q2, Q3."""

import random
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import ahocorasick_rs
import frontmatter
import markdown
import nh3
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection

from terms import finding, search
from terms.building import build
from terms.editing import Draft, save_one
from terms.importing import apply_import, plan_import
from terms.models import Glossary, PublishedName, PublishedTerm, Term
from terms.publishing import publish
from terms.rendering import Names, words
from terms.rendering.names import fold

from .generated import write
from .measure import ROUNDS, Result, compare, cpu_seconds
from .servers import Missing, program

IDS = ("I2", "P1", "L1", "B1", "B2", "Q1", "Q2", "Q3")
SMALL = 1_000  # terms of the glossary that a large one is compared with


def empty() -> Glossary:
    tables = [t for t in connection.introspection.table_names() if t.startswith("terms_")]
    tables = [t for t in tables if not t.startswith("terms_search")]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM terms_search")
    return Glossary.objects.create(slug="glossary")


class Readers:
    def __init__(self, folder: Path, count: int):
        self.folder = folder
        self.count = count
        folder.mkdir(parents=True)
        self.files = write(folder / "source", count)
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)

    def run(self, only: set[str] | None) -> Iterator[Result]:
        if only is None or "I2" in only:
            yield self.i2()
        self.glossary = self.filled(self.folder / "source")
        for id in IDS[1:]:
            if only is None or id in only:
                try:
                    yield from getattr(self, id.lower())()
                except Missing as error:
                    print(f"| {id} | not measured: {error} | | | |", flush=True)

    def filled(self, source: Path) -> Glossary:
        glossary = empty()
        apply_import(plan_import(glossary, source))
        publish(glossary, Term.objects.all())
        self.ids = list(Term.objects.order_by("pk").values_list("pk", flat=True))
        return glossary

    # Importing and publishing

    def i2(self) -> Result:
        def theirs() -> None:
            for name, _ in self.files:
                post = frontmatter.load(str(self.folder / "source" / name))
                html = nh3.clean(markdown.markdown(post.content, extensions=["tables"]))
                Term.objects.update_or_create(
                    glossary=self.glossary, path=name,
                    defaults={
                        "name": post["term"], "description": post["description"], "body": html,
                        "version": 1, "changed_at": "2026-01-01T00:00:00Z", "slug": name,
                    },
                )  # fmt: skip

        def prepare() -> None:
            self.glossary = empty()

        result = compare(
            "I2", "import and publish / python-frontmatter, Python-Markdown, nh3, update_or_create",
            "at most 0.2", self.count, lambda: self.filled(self.folder / "source"), theirs, prepare,
        )  # fmt: skip
        return result

    def edit(self, number: int) -> None:
        term = Term.objects.get(pk=self.ids[number % len(self.ids)])
        revision = term.newest_revision()
        text = revision.text.replace("description: >-\n  ", f"description: >-\n  {number} ", 1)
        save_one(self.glossary, Draft(term.path, text + f"\nEdit {number}.\n", term, term.version))
        publish(self.glossary, Term.objects.filter(pk=term.pk))

    def p1(self) -> Iterator[Result]:
        """One edit published here, and in a small glossary of the same kind."""
        chance = random.Random(3)

        def costs() -> list[float]:
            numbers = [chance.randrange(10**6) for _ in range(11)]
            spent = [cpu_seconds(lambda n=n: self.edit(n)) for n in numbers]
            return spent[1:]

        large = costs()
        shutil.rmtree(self.folder / "small", ignore_errors=True)
        write(self.folder / "small", SMALL)
        self.glossary = self.filled(self.folder / "small")
        small = costs()
        self.glossary = self.filled(self.folder / "source")
        figure = statistics.median(large) / statistics.median(small)
        yield Result(
            "P1", f"publishing one edit among {self.count:,} terms / among {SMALL:,}",
            "at most 1.5",
            figure, min(large) / statistics.median(small), max(large) / statistics.median(small),
            statistics.median(large) * 1e6, statistics.median(small) * 1e6,
        )  # fmt: skip

    def l1(self) -> Iterator[Result]:
        texts = [term.body for term in PublishedTerm.objects.order_by("pk")[:200]]
        every = list(PublishedName.objects.values_list("name", "term__uid"))
        names = Names(every)
        raw = ahocorasick_rs.AhoCorasick(list({fold(name) for name, _ in every}))

        def theirs() -> None:
            for text in texts:
                raw.find_matches_as_indexes(fold(text), overlapping=True)

        def ours() -> None:
            for text in texts:
                names.find(text)

        yield compare(
            "L1", f"names found in a text, of {len(every):,} / raw Aho-Corasick", "at most 1.3",
            len(texts), ours, theirs, times=5,
        )  # fmt: skip

    # Building

    def hugo(self) -> Callable[[], None]:
        hugo = program("hugo")
        folder = self.folder / "hugo"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "content").mkdir(parents=True)
        (folder / "layouts" / "_default").mkdir(parents=True)
        (folder / "hugo.toml").write_text('baseURL = "http://x/"\ndisableKinds = ["taxonomy"]\n')
        single = "<!doctype html><title>{{ .Title }}</title><h1>{{ .Title }}</h1>{{ .Content }}"
        (folder / "layouts" / "_default" / "single.html").write_text(single)
        (folder / "layouts" / "_default" / "list.html").write_text(
            "<!doctype html>{{ range .Pages }}<a href={{ .RelPermalink }}>{{ .Title }}</a>{{ end }}"
        )
        for name, text in self.files:
            (folder / "content" / name).write_text(text.replace("term:", "title:", 1))

        def run() -> None:
            shutil.rmtree(folder / "public", ignore_errors=True)
            subprocess.run(
                [hugo, "--quiet", "--cacheDir", str(folder / "cache")], cwd=folder, check=True
            )

        return run

    def b1(self) -> Iterator[Result]:
        hugo, out = self.hugo(), self.folder / "out"

        def prepare() -> None:
            for path in self.folder.glob(".out-*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            out.unlink(missing_ok=True)

        walls: list[float] = []

        def timed(act: Callable[[], object]) -> Callable[[], None]:
            def run() -> None:
                start = time.perf_counter()
                act()
                walls.append(time.perf_counter() - start)

            return run

        yield compare(
            "B1", "site build from nothing / Hugo, CPU", "at most 0.5", self.count,
            timed(lambda: build(out)), timed(hugo), prepare,
        )  # fmt: skip
        ratios = [ours / theirs for theirs, ours in zip(walls[::2], walls[1::2], strict=True)]
        yield Result(
            "B1", "the same, wall time", "at most 0.7", statistics.median(ratios), min(ratios),
            max(ratios), statistics.median(walls[1::2]) / self.count * 1e6,
            statistics.median(walls[::2]) / self.count * 1e6,
        )  # fmt: skip

    def b2(self) -> Iterator[Result]:
        out = self.folder / "out"
        hugo = self.hugo()
        build(out)
        numbers = iter(range(100))
        pairs = []
        for _ in range(ROUNDS):
            self.edit(next(numbers))
            pairs.append((cpu_seconds(lambda: build(out)), cpu_seconds(hugo)))
        ratios = [ours / theirs for ours, theirs in pairs]
        yield Result(
            "B2", "site build after one edit / Hugo's build", "at most 0.02",
            statistics.median(ratios), min(ratios), max(ratios),
            statistics.median(ours for ours, _ in pairs) * 1e6,
            statistics.median(theirs for _, theirs in pairs) * 1e6,
        )  # fmt: skip

    # Searching

    def q1(self) -> Iterator[Result]:
        typed = [name[:4] for name in PublishedName.objects.values_list("name", flat=True)[:200]]

        def theirs() -> None:
            with connection.cursor() as cursor:
                for text in typed:
                    cursor.execute(
                        "SELECT rowid FROM terms_search WHERE terms_search MATCH %s LIMIT 8",
                        [f'{{name aliases}} : "{words(text)[0]}"*'],
                    )
                    cursor.fetchall()

        def ours() -> None:
            for text in typed:
                finding.suggest(self.glossary, text)

        yield compare(
            "Q1", "a suggestion while typing / the raw FTS5 query", "at most 3", len(typed),
            ours, theirs,
        )  # fmt: skip

    def q2(self) -> Iterator[Result]:
        def theirs() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT rowid FROM terms_search WHERE terms_search MATCH %s"
                    " ORDER BY bm25(terms_search) LIMIT 50",
                    ['"system"*'],
                )
                cursor.fetchall()

        yield compare(
            "Q2", "the commonest word / an unbounded bm25 ranking", "at most 0.1", 1,
            lambda: search.find(self.glossary.pk, ["system"], search.COLUMNS, finding.RANKED),
            theirs, times=5,
        )  # fmt: skip

    def q3(self) -> Iterator[Result]:
        if connection.vendor == "sqlite":
            raise Missing("pg_trgm is PostgreSQL's; set DATABASE_URL")
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        finding.alike(self.glossary, "warm", 8)

        def theirs() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT name, similarity(name, %s) s FROM terms_publishedname"
                    " ORDER BY s DESC LIMIT 8", ["Kalorentos sytem"],
                )  # fmt: skip
                cursor.fetchall()

        yield compare(
            "Q3", "a name with a typo / pg_trgm's similarity", "at most 0.2", 1,
            lambda: finding.alike(self.glossary, "Kalorentos sytem", 8), theirs, times=5,
        )  # fmt: skip


def run(folder: Path, count: int, only: set[str] | None) -> Iterator[Result]:
    yield from Readers(folder, count).run(only)
