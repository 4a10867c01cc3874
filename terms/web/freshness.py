"""Checks the freshness of stored pages in a database server without blocking the event loop.

One query answers all waiting requests and starts after they arrived. So each response is current,
and one connection is enough. If the query takes too long, kept pages are sent, marked as stale.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from .page_cache import Kept, Pages, is_djangos
from .page_reader import DATABASE_ERRORS

PATIENCE = 1.0  # seconds that a reader waits for the database
_UNANSWERED: tuple[type[Exception], ...] = (TimeoutError, *DATABASE_ERRORS)


class Freshness:
    def __init__(self, pages: Pages, threads: Executor):
        self.pages = pages
        self.threads = threads
        self._next: asyncio.Future[bool] | None = None
        self._looking: asyncio.Task | None = None

    async def find(self, path: str) -> Kept | None:
        """As ``Pages.find``, without blocking the loop."""
        kept = self.pages.kept(path)
        if kept is None and is_djangos(path):
            return None
        if not await self._is_fresh():
            return self.pages.stale(path)
        if kept := self.pages.kept(path):
            return kept
        try:
            return await asyncio.wait_for(self.run(self.pages.read, path), PATIENCE)
        except _UNANSWERED:
            self.pages.note_away()
            return None

    def run(self, act: Callable, *values: Any) -> Any:
        return asyncio.get_running_loop().run_in_executor(self.threads, act, *values)

    def glance(self) -> None:
        """Query the database once in a while, without waiting for the result."""
        if self.pages.may_ask:
            self.pages.ask_later()
            self._ask()

    async def _is_fresh(self) -> bool:
        """Return whether a query that started after this call succeeded."""
        if self.pages.is_away:
            self.glance()
            return False
        asked = self._ask()
        try:
            return await asyncio.wait_for(asyncio.shield(asked), PATIENCE)
        except TimeoutError:
            self.pages.note_away()
            return False

    def _ask(self) -> "asyncio.Future[bool]":
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        asked = self._next
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return asked

    async def _look(self) -> None:
        while self._next is not None:
            asked, self._next = self._next, None
            try:
                await self.run(self.pages.look)
            except DATABASE_ERRORS:
                self.pages.note_away()
            if not asked.done():
                asked.set_result(not self.pages.is_away)
        self._looking = None
