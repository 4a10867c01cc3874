"""Comments on terms and on passages of their texts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from terms.formats.differences import DiffPiece, readable_changes
from terms.formats.document import TermDocument, read_document
from terms.formats.passages import Movement, elsewhere, find_quote, with_markup
from terms.models import Comment, Event, Term
from terms.people.audit_log import record
from terms.people.notifications import tell
from terms.people.watching import mentioned_in, watchers_of

from .approvals import authors_of
from .requests import MAX_TEXT, CannotReview, bounded

MAX_OPEN = 500  # open comments per term
MOST_COMPARED = 10  # older texts per term


@dataclass
class Thread:
    """A comment with its replies. ``place`` is the current position of its passage.

    It is None for a comment on the whole term, or if the passage is gone.
    """

    comment: Comment
    place: tuple[int, int] | None
    replies: list[Comment] = field(default_factory=list)

    @property
    def suggestion(self) -> list[DiffPiece]:
        """The suggested wording, as changes of the passage."""
        if not self.comment.wording:
            return []
        return readable_changes(self.comment.quote, self.comment.wording)

    @property
    def is_lost(self) -> bool:
        """Whether the passage is no longer in the text."""
        return self.comment.start is not None and self.place is None


def words_of(term: Term | TermDocument) -> str:
    """Return the text that can be commented on: description and body."""
    return "\n\n".join(filter(None, (term.description, term.body)))


def comment(
    term: Term,
    person: Any,
    text: str,
    quote: str = "",
    parent: Comment | None = None,
    guest: str = "",
    wording: str = "",
) -> Comment:
    """Add a comment to ``term``, or to the passage ``quote`` of its newest text.

    ``wording`` is suggested instead of the passage; then ``text`` may be empty.
    """
    text, wording = bounded(text), bounded(wording)
    if not text and not wording:
        raise CannotReview(_("Enter a comment."))
    start, end = _place_of(term, quote)
    if wording and start is None:
        raise CannotReview(_("Select the passage for which you suggest a wording."))
    if wording and start is not None and end is not None:
        start, end = with_markup(words_of(term), start, end)
    told = text or _("Suggested wording: {wording}").format(wording=wording)
    with transaction.atomic():
        if term.comments.filter(resolved_at=None).count() >= MAX_OPEN:
            text = _("There are already {count} open comments. Resolve some first.")
            raise CannotReview(text.format(count=MAX_OPEN))
        made = Comment.objects.create(
            term=term, parent=parent and (parent.parent or parent), author=person,
            guest=guest, text=text,
            created_at=timezone.now(), revision=term.version, start=start, end=end,
            quote=words_of(term)[start:end] if start is not None else "", wording=wording,
        )  # fmt: skip
        record(term.glossary, Event.Kind.COMMENTED, [(term.pk, term.name)], person, told)
        said = _("{person} on “{term}”:").format(person=person or guest, term=term)
        mentioned = mentioned_in(text, term)
        tell(_concerned(term, made) - mentioned, term, f"{said}\n\n{told}", but=person)
        said = _("{person} mentions you on “{term}”:").format(person=person or guest, term=term)
        tell(mentioned, term, f"{said}\n\n{told}", but=person)
    return made


def resolve(comment: Comment, person: Any, is_open: bool = False) -> None:
    """Resolve or reopen a thread."""
    comment.resolved_by = None if is_open else person
    comment.resolved_at = None if is_open else timezone.now()
    comment.save(update_fields=["resolved_by", "resolved_at"])
    term = comment.term
    detail = str(comment)[:200]
    if is_open:
        detail = _("opened again: {text}").format(text=detail)
    record(term.glossary, Event.Kind.RESOLVED, [(term.pk, term.name)], person, detail)


def threads(term: Term) -> list[Thread]:
    """Return all comments on a term: those on passages in order of the text, then the rest."""
    comments = list(term.comments.select_related("author", "resolved_by"))
    movements = _movements(term, comments)
    found = {
        comment.pk: Thread(comment, _now(comment, movements))
        for comment in comments
        if comment.parent_id is None
    }
    for reply in comments:
        if reply.parent_id in found:
            found[reply.parent_id].replies.append(reply)
    return sorted(found.values(), key=lambda t: (t.place is None, t.place or (0, 0), t.comment.pk))


def _now(comment: Comment, movements: dict[int, Movement]) -> tuple[int, int] | None:
    if comment.start is None or comment.end is None:
        return None
    if movement := movements.get(comment.revision):
        return movement.of(comment.start, comment.end)
    return elsewhere(comment.quote, words_of(comment.term))


def _movements(term: Term, comments: Iterable[Comment]) -> dict[int, Movement]:
    """Return revision number → movement from its text to the newest.

    Passages of older revisions are found by their quotes.
    """
    numbers = sorted({comment.revision for comment in comments if comment.start is not None})
    texts = term.revisions.filter(number__in=numbers[-MOST_COMPARED:])
    newest = words_of(term)
    return {
        number: Movement(words_of(read_document(text, term.path)), newest)
        for number, text in texts.values_list("number", "text")
    }


def _place_of(term: Term, quote: str) -> tuple[int | None, int | None]:
    if not quote.strip():
        return None, None
    if len(quote) > MAX_TEXT:
        raise CannotReview(_("Select a shorter passage."))
    found = find_quote(quote, words_of(term))
    if found is None:
        short = " ".join(quote.split())[:80]
        raise CannotReview(_("“{passage}” is not in the current text.").format(passage=short))
    return found


def _concerned(term: Term, made: Comment) -> set[int]:
    """Return the ids of the authors of the change, the people in the thread, owner and watchers."""
    thread = {made.parent_id} if made.parent_id else set()
    spoken = Comment.objects.filter(pk__in=thread) | Comment.objects.filter(parent__in=thread)
    people = set(spoken.values_list("author", flat=True)) - {None}
    people |= authors_of(term) | watchers_of(term)
    return people | ({term.owner_id} if term.owner_id else set())
