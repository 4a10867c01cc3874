"""The admin in a large glossary: A1."""

import statistics
from collections.abc import Iterator
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from .measure import Result, cpu_seconds
from .publishing import some_term
from .room import SMALL, Room

TIMES = 11
LIST = "/admin/terms/term/"


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
        }
        return {what: self._cost(client, address) for what, address in pages.items()}

    def _cost(self, client: Client, address: str) -> tuple[int, list[float]]:
        def ask() -> None:
            assert client.get(address).status_code == 200, address

        ask()  # one-time work, such as compiling templates
        with CaptureQueriesContext(connection) as captured:
            ask()
        return len(captured), [cpu_seconds(ask) for _ in range(TIMES)]
