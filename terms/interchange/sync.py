"""Sync of a glossary with a git repository: receive, then commit and push.

What the repository has is imported as from a folder, with the last common texts as the base. What
was edited here is exported onto the tree of the fetched commit, committed and pushed. If the branch
has moved meanwhile, both are done again. A sync that is killed leaves complete texts on both sides,
and the next one goes on.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from terms.files.exporting import Exporter
from terms.files.folder import FolderError
from terms.files.git.command import DamagedCopy, PushRefused
from terms.files.git.mirror import BASE, Mirror, NewCommit
from terms.files.git.source import RepositorySource, TreeTarget
from terms.files.import_plan import plan_import
from terms.files.plan import Sides
from terms.models import Event, Repository, Sync, Term, TermFile, Webhook
from terms.models.bulk import Progress, WorkEnded
from terms.people.webhooks import tell_webhooks

from .commits import commits_for, identity, title_of_sync
from .imports import Outcome, Wishes, run_import
from .line_ends import follow_attributes, waiting_for_lf
from .origins import origins_of
from .repositories import Lease, leased, mirror_of, remove_unused_copies
from .sync_results import Result

ATTEMPTS = 6  # pushes, if others push at the same time
PATIENCE = 300.0  # seconds that a sync waits for another one
MAX_LISTED = 200  # files that need attention, in a log entry
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SyncOptions:
    """``is_trial``: save and push nothing. ``patience``: seconds to wait for another sync.

    ``sides`` and ``removes_many`` as in an import, beside those stored with the repository.
    """

    is_trial: bool = False
    sides: Sides = field(default_factory=dict)
    removes_many: bool = False
    patience: float = PATIENCE


def sync(
    repository: Repository,
    person: Any = None,
    options: SyncOptions | None = None,
    progress: Progress = iter,
) -> Result:
    """Sync a glossary with its repository, and return the result.

    Raises FolderError, SyncBusy; what was received until then is kept, and the log of the
    repository has the problem.
    """
    options = options or SyncOptions()
    with leased(repository, options.patience) as lease:
        remove_unused_copies()
        run = _Run(repository, person, progress, lease, options)
        try:
            with mirror_of(repository) as mirror:
                try:
                    run.sync(mirror)
                except DamagedCopy:
                    mirror.recreate()
                    raise
        except FolderError as error:
            run.log(str(error))
            raise
        except WorkEnded:
            run.log("The sync was stopped. The next one goes on.")
            raise
        except Exception:
            run.log("The sync failed because of a fault; the server's log has the details.")
            raise
        run.log()
        return run.result


class _Run:
    def __init__(
        self,
        repository: Repository,
        person: Any,
        progress: Progress,
        lease: Lease,
        options: SyncOptions,
    ):
        self.repository = repository
        self.glossary = repository.glossary
        self.person = person
        self.progress = progress
        self.lease = lease
        self.is_trial = options.is_trial
        self.sides = {**repository.sides, **options.sides}
        self.removes_many = repository.removes_many or options.removes_many
        self.waiting: dict[int, str] = {}  # id → why the text of this term cannot be sent yet
        self.result = Result(before=repository.commit)
        self.started_at = timezone.now()

    def sync(self, mirror: Mirror) -> None:
        self._leave_former_place()
        said = ""
        for attempt in range(ATTEMPTS):
            head = mirror.fetch(self.repository.branch)
            if attempt == 0 and self._has_no_news(head):
                break
            self.result.after = head
            event = _count_events(self.repository)
            source = self._receive(mirror, head)
            if self.repository.push == Repository.Push.NO:
                self._settle(mirror, head, event)
                break
            self.lease.require()
            if not self.is_trial:
                follow_attributes(self.glossary, source)
            self.waiting = waiting_for_lf(self.glossary, source) if self._sends_live else {}
            try:
                self._send(mirror, source, event)
                break
            except PushRefused as error:
                log.info("%s: the branch moved; fetching again", self.repository)
                said = error.said
        else:
            text = f"The server refused the commits {ATTEMPTS} times: {said}"
            raise FolderError(f"{text} The next sync tries again.")
        mirror.tidy()

    def _leave_former_place(self) -> None:
        """Start from nothing in common after another repository, branch or folder was chosen."""
        if self.repository.place != self.repository.current_place:
            self.repository.commit = ""
            self.repository.place = self.repository.current_place

    def _has_no_news(self, head: str) -> bool:
        repository = self.repository
        is_due = repository.due_at is not None and repository.due_at <= timezone.now()
        return (
            bool(head)
            and head == repository.commit
            and not (is_due or self.sides or self.removes_many)
            and repository.event == _count_events(repository)
        )

    # Receive

    def _receive(self, mirror: Mirror, head: str) -> RepositorySource:
        """Import what the repository has at the commit ``head``."""
        repository = self.repository
        before = repository.commit if mirror.has(repository.commit) else ""
        folder = repository.folder
        files = TermFile.objects.of(self.glossary, repository.place)
        if not head or (folder and not mirror.has_folder(head, folder)):
            if files.exists():
                missing = f"has no folder “{folder}” any more" if head else "is empty now"
                raise FolderError(f"The repository {missing}. Nothing was removed here.")
            return RepositorySource(mirror, repository.place, head, folder)
        source = RepositorySource(mirror, repository.place, head, folder, before)
        plan = plan_import(self.glossary, source, self.progress, self.sides)
        mirror.require_read()  # files that were not read would count as invalid
        plan.title = title_of_sync(repository)
        if plan.to_save:
            plan.origins = origins_of(source, plan)
        if self.is_trial:
            self.result.outcome = Outcome(plan)
            return source
        wishes = Wishes(repository.publishes, self.removes_many)
        outcome = run_import(plan, self.person, wishes, self.progress)
        mirror.require_read()
        self.result.outcome = _joined(self.result.outcome, outcome)
        return source

    # Send

    def _send(self, mirror: Mirror, source: RepositorySource, event: int) -> None:
        """Commit and push what was edited here. Raises PushRefused if the branch has moved."""
        repository = self.repository
        is_request = repository.push == Repository.Push.REQUEST
        onto, parents = source, [source.commit] if source.commit else []
        merge: list[NewCommit] = []
        if is_request:
            onto, parents, merge = self._request(mirror, source)
        target = TreeTarget(onto)
        holds = self.waiting | self._held()
        exporter = Exporter(self.glossary, target, holds=holds, refills=False)
        self.result.export = exporter.export(self._sends_live, prune=True, progress=self.progress)
        target.drop_unchanged()
        mirror.require_read()
        commits = commits_for(repository, target, self.result.export.files)
        self.result.commits = commits
        if self.is_trial:
            return
        head = source.commit
        if commits:
            new = mirror.write(parents, [*merge, *commits])
            self._check(mirror, onto.commit, new, target)
            mirror.push(new, repository.request_branch if is_request else repository.branch)
            self.result.pushed = new
            head = head if is_request else new
        if not is_request:
            exporter.remember()
        self._settle(mirror, head, event)

    @property
    def _sends_live(self) -> bool:
        return self.repository.texts == Repository.Texts.LIVE

    def _held(self) -> dict[int, str]:
        """Return the terms that were edited so recently that they are not committed yet."""
        wait = timedelta(minutes=self.repository.wait)
        terms = Term.objects.filter(glossary=self.glossary, changed_at__gt=timezone.now() - wait)
        words = f"was edited less than {self.repository.wait} minutes ago"
        return dict.fromkeys(terms.values_list("pk", flat=True), words) if wait else {}

    def _request(
        self, mirror: Mirror, source: RepositorySource
    ) -> tuple[RepositorySource, list[str], list[NewCommit]]:
        """Return what commits for a merge request are based on: tree, parents, first commits."""
        repository = self.repository
        request = mirror.fetch_request(repository.request_branch)
        if not request or not source.commit or mirror.is_ancestor(request, source.commit):
            return source, [source.commit] if source.commit else [], []
        if mirror.is_ancestor(source.commit, request):
            there = RepositorySource(mirror, source.place, request, repository.folder)
            return there, [request], []
        committer = identity(None)
        if mirror.has_others(source.commit, request, committer):
            text = f"Others committed to the branch “{repository.request_branch}”, and"
            text += f" “{repository.branch}” has moved. Merge one into the other; then sync again."
            raise FolderError(text)
        merge = NewCommit(
            committer, timezone.now(), committer, f"Merge {repository.branch}\n", {}, source.commit
        )
        return source, [request, source.commit], [merge]

    def _check(self, mirror: Mirror, before: str, after: str, target: TreeTarget) -> None:
        """Make sure that the commits change no other files. Raises FolderError."""
        folder = self.repository.folder
        prefix = f"{folder}/" if folder else ""
        allowed = {prefix + path for path in target.written}
        if others := mirror.changed(before, after) - allowed:
            raise FolderError(f"The commits would change “{min(others)}”; nothing was pushed.")

    # Afterwards

    def _settle(self, mirror: Mirror, head: str, event: int) -> None:
        """Store what was synced: the commit, and the number of events in the log before it."""
        repository = self.repository
        if head and head != repository.commit:
            mirror.keep(BASE, head)
        repository.commit = head
        repository.event = event
        repository.due_at = self._due_at()
        repository.sides = {}
        repository.removes_many = False
        repository.save(
            update_fields=["commit", "place", "event", "due_at", "sides", "removes_many"]
        )

    def _due_at(self) -> datetime | None:
        """Return when the first term that was held back can be committed."""
        held = Term.objects.filter(pk__in=list(self._held()))
        oldest = held.aggregate(at=Min("changed_at"))["at"]
        return oldest + timedelta(minutes=self.repository.wait) if oldest else None

    def log(self, problem: str = "") -> None:
        """Add the result to the log of the repository, if there is anything to say."""
        if self.is_trial:
            return
        now = timezone.now()
        Repository.objects.filter(pk=self.repository.pk).update(checked_at=now)
        found = self.result
        if not (problem or found.is_news):
            return
        with transaction.atomic():
            self._note(problem, now)

    def _note(self, problem: str, now: datetime) -> None:
        found = self.result
        if not problem:
            tell_webhooks(self.glossary, {Webhook.Event.SYNCED.value: [self._item()]})
        Sync.objects.create(
            repository=self.repository,
            person=self.person,
            started_at=self.started_at,
            ended_at=now,
            state=Sync.State.FAILED if problem else Sync.State.DONE,
            problem=problem,
            before=found.before,
            after=found.after,
            pushed=found.pushed,
            received=found.received,
            sent=found.sent,
            change_set=found.outcome.plan.change_set if found.outcome else None,
            commits=found.subjects[:MAX_LISTED],
            attention=found.attention[:MAX_LISTED],
        )

    def _item(self) -> dict[str, Any]:
        """Return the sync as a webhook gets it."""
        found = self.result
        return {
            "repository": self.repository.url,
            "branch": self.repository.branch,
            "commit": found.pushed or found.after,
            "received": found.received,
            "sent": found.sent,
        }


def _count_events(repository: Repository) -> int:
    """Return the length of the log. The newest row would not do: an older one may come later."""
    return Event.objects.filter(glossary=repository.glossary_id).count()


def _joined(first: Outcome | None, second: Outcome) -> Outcome:
    """Return the outcome of two imports in one sync: that of the second, with all notes."""
    if first:
        second.notes[:0] = first.notes
        second.refusals[:0] = first.refusals
    return second
