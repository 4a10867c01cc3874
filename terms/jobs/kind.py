"""What a kind of job consists of, and what its function returns."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _lazy

from terms.models import Job

if TYPE_CHECKING:
    from .watch import Watch

MOST_NOTES = 1_000
_CHECK = _lazy("Check what was done, and start the rest again.")
_NOTHING = _lazy("Nothing was changed.")


class JobRefused(Exception):
    """The work is not possible; the message tells the person why. ``result`` is what was done."""

    def __init__(self, problem: str, result: "JobResult | None" = None):
        super().__init__(problem)
        self.result = result


class JobNote(NamedTuple):
    """A message about a thing, such as a file or a term, with the term's id if it has one."""

    about: str
    text: str
    term: int | None = None


class JobLink(NamedTuple):
    """A link to a page of the admin: its words, the name of its URL, and an argument."""

    words: str
    page: str
    argument: int | str | None = None


@dataclass
class JobResult:
    """The result of a job. ``counts``: what is counted → number."""

    counts: dict[str, int] = field(default_factory=dict)
    notes: list[JobNote] = field(default_factory=list)
    links: list[JobLink] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it with a bounded number of notes; ``more`` is the number of the others."""
        found = asdict(self)
        found["notes"] = self.notes[:MOST_NOTES]
        found["more"] = max(0, len(self.notes) - MOST_NOTES)
        return found


@dataclass(frozen=True)
class JobKind:
    """A kind of job.

    ``permission`` is a codename that the person needs when the job begins. ``repeats_because`` says
    why the function may be called again after its worker died; ``after_death`` says what to do
    otherwise, and ``after_cancel`` what a cancelled job leaves. Without ``needs_person``, a
    job may have no person.
    """

    name: str
    function: Callable[[Job, "Watch"], JobResult]
    title: str | Promise
    permission: str
    repeats_because: str = ""
    after_death: str | Promise = _CHECK
    after_cancel: str | Promise = _NOTHING
    refusals: tuple[type[Exception], ...] = ()
    needs_person: bool = True
