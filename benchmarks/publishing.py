"""Importing and publishing, publishing one edit, linking: I2, P1, L1."""

import random
import statistics
from collections.abc import Iterator

import ahocorasick_rs
import markdown
import nh3

from terms.editing.gate import Draft, save_one
from terms.models import Glossary, PublishedName, PublishedTerm, Term
from terms.publishing.publish import publish
from terms.rendering import Names
from terms.rendering.names import fold_case

from .measure import Result, compare, cpu_seconds
from .room import SMALL, Room


def some_term(number: int) -> Term:
    """Return one of the first terms, selected by ``number``."""
    terms = Term.objects.order_by("pk")
    number %= min(SMALL, terms.count())
    return terms[number : number + 1].get()


def edit(glossary: Glossary, term: Term, addition: str) -> None:
    """Change a term's description and body, and publish it."""
    text = term.newest_revision().text
    text = text.replace("description: >-\n  ", f"description: >-\n  {len(text)} ", 1)
    save_one(glossary, Draft(term.path, f"{text}\n{addition}\n", term, term.version))
    publish(glossary, Term.objects.filter(pk=term.pk))


class Publishing(Room):
    IDS = ("I2", "P1", "L1")

    def i2(self) -> Iterator[Result]:
        def theirs() -> None:
            self.ground.fill_as_usual(
                self.glossary,
                lambda text: nh3.clean(markdown.markdown(text, extensions=["tables"])),
            )

        def prepare() -> None:
            self.glossary = self.ground.emptied()

        yield compare(
            "I2", "import and publish / python-frontmatter, Python-Markdown, nh3, update_or_create",
            "at most 0.2", self.count, self.ground.fill, theirs, prepare,
        )  # fmt: skip

    def p1(self) -> Iterator[Result]:
        """Compare publishing an edit here and in a small glossary of the same kind."""
        small, large = self.ground.small_costs("P1"), self.p1_costs()
        middle = statistics.median(small)
        yield Result(
            "P1", f"publishing one edit among {self.count:,} terms / among {SMALL:,}", "at most 1.5",
            statistics.median(large) / middle, min(large) / middle, max(large) / middle,
            statistics.median(large) * 1e6, middle * 1e6,
        )  # fmt: skip

    def p1_costs(self) -> list[float]:
        """Return the CPU seconds of ten edits."""
        chance, glossary = random.Random(3), self.ground.filled()
        terms = [some_term(chance.randrange(SMALL)) for _ in range(11)]
        return [cpu_seconds(lambda t=t: edit(glossary, t, "Edited.")) for t in terms][1:]

    def l1(self) -> Iterator[Result]:
        self.ground.filled()
        texts = [term.body for term in PublishedTerm.objects.order_by("pk")[:200]]
        every = list(PublishedName.objects.values_list("name", "term__uid"))
        names = Names(every, len(every))  # as when all of them are published
        raw = ahocorasick_rs.AhoCorasick(list({fold_case(name) for name, _ in every}))

        def theirs() -> None:
            for text in texts:
                raw.find_matches_as_indexes(fold_case(text), overlapping=True)

        def ours() -> None:
            for text in texts:
                names.find(text)

        yield compare(
            "L1", f"names found in a text, of {len(every):,} / raw Aho-Corasick", "at most 1.3",
            len(texts), ours, theirs, times=5,
        )  # fmt: skip
