"""What a sync received, sent, and could not decide."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from terms.files.exporting import CONFLICT as NOT_WRITTEN
from terms.files.exporting import Export
from terms.files.git.mirror import NewCommit
from terms.files.plan import CONFLICT, INVALID, UNCHANGED
from terms.formats.paths import SIDECAR

from .imports import Outcome


@dataclass
class Result:
    """The result of a sync. ``before`` and ``after``: the commits received last time, and now."""

    outcome: Outcome | None = None
    export: Export | None = None
    commits: list[NewCommit] = field(default_factory=list)
    before: str = ""
    after: str = ""
    pushed: str = ""

    @property
    def received(self) -> dict[str, int]:
        """Status → number of files that were not unchanged."""
        counts = self.outcome.plan.counts if self.outcome else {}
        return {status: n for status, n in counts.items() if n and status != UNCHANGED}

    @property
    def sent(self) -> dict[str, int]:
        counts = self.export.counts if self.export else {}
        return {status: n for status, n in counts.items() if n and status != UNCHANGED}

    @property
    def subjects(self) -> list[str]:
        return [commit.message.splitlines()[0] for commit in self.commits]

    @property
    def attention(self) -> list[tuple[str, str, str]]:
        """The files that need attention: path, status and reason."""
        return list(_attention(self))

    @property
    def is_news(self) -> bool:
        """Whether something was received or sent, or needs attention."""
        beside = self.outcome and (self.outcome.taken.count or self.outcome.sidecar.count)
        return bool(self.commits or self.received or beside or self.attention)


def _beside_terms(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    """Yield the pictures and the sidecar that need attention, as in ``Result.attention``."""
    for path, reason in outcome.taken.conflicts:
        yield path, CONFLICT, reason
    for _path, reason in outcome.sidecar.conflicts:
        yield SIDECAR, CONFLICT, reason
    for path, reason in [*outcome.taken.problems, *outcome.sidecar.problems]:
        yield path, "note", reason


def _attention(result: Result) -> Iterator[tuple[str, str, str]]:
    seen = set()
    if result.outcome:
        for entry in result.outcome.plan.entries:
            seen.add(entry.path)
            if entry.status in (CONFLICT, INVALID):
                yield entry.path, entry.status, entry.reason
        yield from _beside_terms(result.outcome)
        for path, words in result.outcome.notes:
            is_question = words == result.outcome.asks_removal
            yield ("", "removal", words) if is_question else (path, "note", words)
        for refusal in result.outcome.refusals:
            yield refusal.term.path, "not published", refusal.reason
    for file in result.export.files if result.export else ():
        if file.status == NOT_WRITTEN and file.path not in seen:
            yield file.path, "not sent", file.reason
