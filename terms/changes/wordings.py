"""Taking over a wording that a comment suggests for a passage."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from terms.editing.gate import Draft, StaleWrite, save_one
from terms.formats.document import TermDocument, changed, read_document
from terms.formats.problems import CannotSplice
from terms.models import Comment
from terms.people.permissions import why_not_save
from terms.review.comments import resolve, threads
from terms.review.requests import CannotReview


def use_wording(comment: Comment, person: Any) -> None:
    """Save a version with the suggested wording in place of the passage, and resolve the thread.

    The history names both people. Raises CannotReview if the passage has changed since.
    """
    term = comment.term
    newest = term.newest_revision()
    document = read_document(newest.text, term.path)
    place = next((t.place for t in threads(term) if t.comment.pk == comment.pk), None)
    if not comment.wording or comment.resolved_at:
        raise CannotReview(_("This suggestion is no longer open."))
    if place is None:
        raise CannotReview(_("The passage is no longer in the text."))
    who = comment.guest or comment.author or _("someone")
    reason = _("Wording suggested by {person}").format(person=who)
    try:
        text = _reworded(document, *place, comment.wording)
        if refusal := why_not_save(person, term.glossary, read_document(text, term.path), False):
            raise CannotReview(refusal)
        with transaction.atomic():
            save_one(term.glossary, Draft(term.path, text, term, newest.number), person, reason)
            comment.is_used = True
            comment.save(update_fields=["is_used"])
            resolve(comment, person)
    except StaleWrite as error:
        raise CannotReview(_("The term was saved by someone else. Try again.")) from error
    except CannotSplice as error:
        raise CannotReview(str(error)) from error


def _reworded(document: TermDocument, start: int, end: int, wording: str) -> str:
    """Return the file with another passage. Places count from the definition on."""
    definition = document.description
    if definition and end <= len(definition):
        new = definition[:start] + " ".join(wording.split()) + definition[end:]
        return changed(document, columns={"description": new})
    offset = len(definition) + len("\n\n") if definition else 0
    if start < offset:
        raise CannotReview(_("The passage is partly in the definition and partly in the text."))
    body = document.body
    return changed(document, body=body[: start - offset] + wording + body[end - offset :])
