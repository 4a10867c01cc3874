"""The admin in a large glossary: A1."""

import statistics
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from terms.editing.gate import Draft, save_one
from terms.models import Review, Term
from terms.review.requests import submit

from .measure import Result, cpu_seconds
from .publishing import some_term
from .room import SMALL, Room

TIMES = 11
AT_WORK = 30  # terms that are changed and in review, in both glossaries
TYPED = 10_000  # characters of a text that is previewed
LIST = "/admin/terms/term/"


def _with_reviews() -> Term:
    """Let someone edit some terms and ask for reviews, once. Return the last of the terms."""
    author = User.objects.get_or_create(username="author", is_superuser=True)[0]
    some = Term.objects.order_by("pk")[:AT_WORK]
    for term in some if not Review.objects.open().exists() else ():
        text = f"{term.newest_revision().text}\nMore.\n"
        save_one(term.glossary, Draft(term.path, text, term, term.version), author, "More")
        submit(Term.objects.get(pk=term.pk), author, "Please read.")
    return some[AT_WORK - 1]


class Administering(Room):
    IDS = ("A1",)

    def a1(self) -> Iterator[Result]:
        small, large = self.ground.small_costs("A1"), self.a1_costs()
        for what, (queries, costs) in large.items():
            before, theirs = small[what]
            assert queries <= before, f"{what}: {queries} queries, and {before} among {SMALL:,}"
            middle = statistics.median(theirs)
            yield Result(
                "A1", f"{what} among {self.count:,} terms / among {SMALL:,}; {queries} / {before} queries",
                "at most 1.3", statistics.median(costs) / middle, min(costs) / middle,
                max(costs) / middle, statistics.median(costs) * 1e6, middle * 1e6,
            )  # fmt: skip

    def a1_costs(self) -> dict[str, tuple[int, list[float]]]:
        """Return by page the number of queries, and the CPU seconds of each of TIMES requests."""
        self.ground.filled()
        user = User.objects.filter(username="bench").first()
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(user or User.objects.create_superuser("bench"))
        term = some_term(7)
        pages = {
            "the admin's list": LIST,
            "searching in it": f"{LIST}?q={quote(term.name)}",
            "a form": f"{LIST}{term.pk}/change/",
            "names while typing": f"{LIST}suggest/?q={term.name[:4]}",
            "home": "/admin/",
            "a review": f"{LIST}{_with_reviews().pk}/review/",
        }
        costs = {what: self._cost(partial(client.get, at)) for what, at in pages.items()}
        typed = {"name": term.name, "body": (term.body + "\n\n") * (TYPED // len(term.body) + 1)}
        preview = partial(client.post, f"{LIST}preview/?term={term.pk}", typed)
        return costs | {f"the preview of {TYPED // 1000} kB": self._cost(preview)}

    def _cost(self, request: Callable[[], Any]) -> tuple[int, list[float]]:
        def ask() -> None:
            assert request().status_code == 200

        ask()  # one-time work, such as compiling templates
        with CaptureQueriesContext(connection) as captured:
            ask()
        return len(captured), [cpu_seconds(ask) for _ in range(TIMES)]
