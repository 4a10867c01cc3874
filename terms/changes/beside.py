"""Undo of what a change set did beside the texts: pictures, owners, kinds of aliases, and so on."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from terms.editing.metadata import apply_items, items_of
from terms.formats.sidecar import Item
from terms.media.originals import StoredPicture
from terms.media.uses import pictures_referred_to, uses_of
from terms.models import ChangeSet, Glossary, ItemChange, Picture, PictureChange, PictureFile, Term
from terms.publishing.publish import publish_again
from terms.review.approvals import needed_by


class ChangedBeside(ValueError):
    """A picture or an item was changed since; the message says which."""


def require_same_beside(change_set: ChangeSet) -> None:
    """Raise ChangedBeside if a picture or an item is not as the change set left it."""
    for picture in change_set.pictures.all():
        if _columns(change_set.glossary, picture.path) != picture.after:
            text = _("The picture “{path}” has changed since. Nothing was undone.")
            raise ChangedBeside(text.format(path=picture.path))
    changes = _items(change_set)
    found = items_of(change_set.glossary) if changes else {}
    for change in changes:
        if found.get(_item(change)) != change.after:
            text = _("“{key}” of “{term}” has changed since. Nothing was undone.")
            raise ChangedBeside(text.format(key=change, term=change.term))


def restore_beside(change_set: ChangeSet, undone: ChangeSet) -> set[int]:
    """Restore pictures and items as they were before, and note this in ``undone``.

    A picture that was added stays if a text shows it. Returns the ids of the terms whose pages
    change. Call it when the texts are restored.
    """
    restored = _restore_pictures(change_set, undone)
    uses = uses_of(change_set.glossary, restored)
    shown = {use.term for found in uses.values() for use in found if use.is_live}
    return shown | _restore_items(change_set, undone)


def show_again(glossary: Glossary, terms: Collection[int], person: Any) -> None:
    """Publish the live texts of ``terms`` again, except those that need approvals."""
    live = Term.objects.live().filter(pk__in=terms)
    needed = needed_by(glossary, list(live)) if terms else {}
    free = [term.pk for term in live if not needed.get(term.pk)] if terms else []
    if free:
        publish_again(glossary, Term.objects.filter(pk__in=free), person)


def _columns(glossary: Glossary, path: str) -> dict[str, str]:
    """Return the columns of the picture at ``path``, or an empty dict."""
    rows = Picture.objects.filter(glossary=glossary, path=path)
    return rows.values(*StoredPicture._fields).first() or {}


def _restore_pictures(change_set: ChangeSet, undone: ChangeSet) -> list[str]:
    """Return the paths of the pictures that were restored."""
    glossary = change_set.glossary
    changes = list(change_set.pictures.all())
    used = pictures_referred_to(glossary) if any(not one.before for one in changes) else set()
    restored = []
    for change in changes:
        if not change.before and change.path in used:
            continue
        files = PictureFile.objects.filter(glossary=glossary, path=change.path)
        files.update(is_deleted=not change.before)
        rows = Picture.objects.filter(glossary=glossary, path=change.path)
        if not change.before:
            rows.delete()
        else:
            rows.update_or_create(glossary=glossary, path=change.path, defaults=change.before)
        restored.append(change.path)
        PictureChange.objects.create(
            change_set=undone, path=change.path, before=change.after, after=change.before
        )
    return restored


def _items(change_set: ChangeSet) -> QuerySet[ItemChange]:
    """Return the changes of items whose terms are not in the trash."""
    return change_set.items.filter(term__trashed_at=None).select_related("term")


def _item(change: ItemChange) -> Item:
    return Item(change.term.path, change.key, change.name)


def _restore_items(change_set: ChangeSet, undone: ChangeSet) -> set[int]:
    changes = {_item(change): change for change in _items(change_set)}
    values = {item: change.before for item, change in changes.items()}
    applied = apply_items(change_set.glossary, values)
    for item in applied.done:
        change = changes[item]
        ItemChange.objects.create(
            change_set=undone, term=change.term, key=change.key, name=change.name,
            before=change.after, after=change.before,
        )  # fmt: skip
    return applied.terms
