"""Lists of terms: of a glossary, a category, a vertical.

A list of up to ONE_PAGE terms is one page. A longer one has a page for each letter. A letter of
more than ONE_LETTER terms has a page for each two initial letters; if one of these has too many
terms, each three, and so on.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet

from terms.addresses import LETTERS, letter_path, list_path, way_from
from terms.languages.collation import starts_of
from terms.models import Glossary, Page, PublishedClass, PublishedTerm

from . import layout
from .entries import Class, Letter, ListEntry, Scope, anchor, gist, groups, in_order
from .store import GONE, Built

ONE_PAGE = 1_000
ONE_LETTER = 2_500
FEW = 20  # terms; a longer list has letters to jump to


_ENTRY = (
    "path", "name", "description", "letter", "is_deprecated", "category_slug", "vertical_slug",
)  # fmt: skip


@dataclass
class Listing:
    """One list in its present state; query results are kept."""

    glossary: Glossary
    scope: Scope
    counts: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)

    @cached_property
    def path(self) -> str:
        return list_path(self.glossary.slug, *self.scope)

    def terms(self) -> QuerySet[PublishedTerm]:
        terms = PublishedTerm.objects.of(self.glossary)
        if self.scope.category:
            terms = terms.filter(category_slug=self.scope.category)
        if self.scope.vertical:
            terms = terms.filter(vertical_slug=self.scope.vertical)
        return terms

    def exceeds(self, limit: int, **letter: str) -> bool:
        terms = self.terms().filter(**letter).order_by()
        return terms.values("pk")[limit : limit + 1].exists()

    @cached_property
    def is_split(self) -> bool:
        return self.exceeds(ONE_PAGE)

    def starts(self, column: str, **condition: str) -> list[str]:
        """Return the distinct values of ``column``, such as ``letter`` or ``section``.

        Each is found by one index step, however many terms there are.
        """
        where: dict[str, int | str] = {"glossary_id": self.glossary.pk, **condition}
        if self.scope.category:
            where["category_slug"] = self.scope.category
        if self.scope.vertical:
            where["vertical_slug"] = self.scope.vertical
        tests = " AND ".join(f"{name} = %s" for name in where)
        least = f"SELECT min({column}) FROM terms_publishedterm WHERE {tests}"  # noqa: S608
        query = (
            f"WITH RECURSIVE found(start) AS ({least} UNION ALL"  # noqa: S608 — our own names
            f" SELECT ({least} AND {column} > found.start) FROM found"
            " WHERE found.start IS NOT NULL)"
            " SELECT start FROM found WHERE start IS NOT NULL"
        )
        with connection.cursor() as cursor:
            cursor.execute(query, [*where.values()] * 2)
            return sorted(row[0] for row in cursor)

    def paths(self) -> dict[str, tuple[str, str]]:
        """Return the letter pages that the list needs: path → letter and start of names."""
        if not self.is_split:
            return {}
        return {
            letter_path(self.path, letter, start): (letter, start)
            for letter in self.letters
            for start in self.parts(letter)
        }

    def parts(self, letter: str) -> Iterator[str]:
        """Yield the starts of names that have a page.

        The first is ``""``, the page of the letter; a start with too many names is divided further.
        """
        waiting = [""]
        while waiting:
            start = waiting.pop()
            yield start
            waiting += self.divided(letter, start)

    def divided(self, letter: str, start: str) -> list[str]:
        """Return the next longer starts of names, or an empty list if all fit on one page."""
        counts = self.counted(letter)
        among = {section: n for section, n in counts.items() if section.startswith(start)}
        if sum(among.values()) <= ONE_LETTER:
            return []
        longer = (
            next((part for part in starts_of(letter, section) if len(part) > len(start)), "")
            for section in among
        )
        return sorted({part for part in longer if part})

    def counted(self, letter: str) -> dict[str, int]:
        """Return the number of terms by section, empty for a letter of one page."""
        if letter not in self.counts:
            self.counts[letter] = {}
            if self.exceeds(ONE_LETTER, letter=letter):
                rows = self.terms().filter(letter=letter).order_by()
                self.counts[letter] = dict(rows.values_list("section").annotate(Count("pk")))
        return self.counts[letter]

    def stored(self) -> set[str]:
        """Return the paths of the stored letter pages."""
        start = f"{self.path}{LETTERS}/"
        pages = Page.objects.filter(path__gte=start, path__lt=start[:-1] + "0")
        return set(pages.exclude(status=GONE).values_list("path", flat=True))

    # Pages

    def root(self) -> Built | None:
        """Return the list's own page, or None for an empty category or vertical."""
        split = self.is_split
        total = self.terms().order_by().count() if split else len(self.all)
        if not total and self.scope != Scope():
            return None
        return self._page(
            self.path,
            total=total,
            groups=[] if split else groups(self.all),
            rail=self.rail(self.path, split) if split or total > FEW else [],
            classes=self.classes(),
            is_split=split,
        )

    def letter(self, path: str, letter: str, start: str) -> Built:
        parts = self.divided(letter, start)
        # The page of a divided start lists only the names without a further letter.
        which = {"section": start or letter} if parts else {"section__startswith": start}
        entries = self.entries(letter=letter, **which)
        return self._page(
            path,
            letter=start or letter,
            groups=[(start or letter, entries)] if entries else [],
            sections=[(part, letter_path(self.path, letter, part)) for part in parts],
            rail=self.rail(path, True, letter),
            is_split=True,
        )

    def _page(self, path: str, **context: Any) -> Built:
        defaults: dict[str, Any] = {"letter": "", "total": None, "sections": [], "classes": []}
        crumbs = []
        if self.scope.vertical:
            category = self.scope.category
            crumbs.append((self._name(category), list_path(self.glossary.slug, category)))
        title = self._name(*self.scope) if self.scope.category else self.glossary.name
        if path != self.path and self.scope.category:
            crumbs.append((title, self.path))
        body = layout.render_template(
            "list.html" if self.scope.category else "home.html",
            path,
            glossary=self.glossary,
            title=title,
            crumbs=crumbs,
            **{**defaults, **context},
        )
        return Built(path, body)

    @cached_property
    def letters(self) -> list[str]:
        """The initial letters of names in the list."""
        if self.is_split:
            return self.starts("letter")
        return sorted({entry.letter for entry in self.all})

    @cached_property
    def names(self) -> dict[tuple[str, str], str]:
        """The names of categories and verticals, by their slugs."""
        rows = PublishedClass.objects.filter(glossary=self.glossary)
        if self.scope.category:
            rows = rows.filter(category_slug=self.scope.category)
        columns = ("category_slug", "vertical_slug", "name")
        return {
            (category, vertical): name for category, vertical, name in rows.values_list(*columns)
        }

    def _name(self, category: str, vertical: str = "") -> str:
        return self.names[category, vertical]

    @cached_property
    def all(self) -> list[ListEntry]:
        """The entries of a list that fits on one page."""
        return self.entries()

    def entries(self, **letter: str) -> list[ListEntry]:
        rows = self.terms().filter(**letter).order_by("sort_key", "pk").values_list(*_ENTRY)
        return [ListEntry(path, name, gist(text), *rest) for path, name, text, *rest in rows]

    def rail(self, path: str, split: bool, here: str = "") -> list[Letter]:
        way = way_from(path)
        there = set(self.letters)
        found = []
        for name in in_order(there, self.glossary.language):
            href = way(letter_path(self.path, name)) if split else f"#{anchor(name)}"
            found.append(Letter(name, href if name in there else "", name == here))
        return found if there else []

    def classes(self) -> list[Class]:
        """Return the categories in the list with their verticals; empty for a vertical."""
        if self.scope.vertical:
            return []
        counts: dict[str, dict[str, int]] = {}
        for (category, vertical), count in self._sizes().items():
            counts.setdefault(category, {})[vertical] = count
        found = []
        for category, inner in counts.items():
            path = list_path(self.glossary.slug, category)
            verticals = [
                Class(self.names[category, slug], f"{path}{slug}/", count)
                for slug, count in inner.items()
                if slug
            ]
            total = sum(inner.values())
            found.append(Class(self.names[category, ""], path, total, tuple(sorted(verticals))))
        return sorted(found)

    def _sizes(self) -> dict[tuple[str, str], int]:
        """Return the number of terms by category and vertical."""
        if not self.is_split:
            return Counter((e.category, e.vertical) for e in self.all if e.category)
        rows = self.terms().exclude(category_slug="").order_by()
        counted = rows.values_list("category_slug", "vertical_slug").annotate(Count("pk"))
        return {(category, vertical): count for category, vertical, count in counted}

    def below(self) -> list[Scope]:
        """Return the scopes of a category and its verticals."""
        verticals = [slug for slug in self.starts("vertical_slug") if slug]
        return [self.scope, *(Scope(self.scope.category, slug) for slug in verticals)]
