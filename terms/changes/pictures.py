"""Pictures that are replaced, deleted, or moved beside the files."""

import re
from pathlib import PurePosixPath
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.media.originals import content_of_served, fingerprint_of_picture, store_uploaded
from terms.media.pictures import FORMATS, picture_suffix
from terms.media.uploads import free_picture_path, link_after_move, link_between
from terms.media.uses import pictures_referred_to, uses_of
from terms.models import ChangeSet, Event, Glossary, Picture, PictureFile, Term
from terms.people.audit_log import record
from terms.publishing.publish import Refusal, publish_again
from terms.rendering import picture_addresses, pictures_in, with_picture_addresses
from terms.review.approvals import needed_by

from .operation import MEANWHILE, CannotRefactor, Operation, apply, documents_of

UPLOADED = re.compile(r"/(?:.*/)?media/(terms/[0-9a-f]{32}\.(?:png|jpg|webp|gif))")


def replace_picture(picture: Picture, content: bytes, person: Any = None) -> list[Refusal]:
    """Give ``picture`` other content, and publish the live texts that show it again.

    Raises BadPicture, CannotRefactor.
    """
    stored = store_uploaded(content)
    wanted, suffix = picture_suffix(picture.path), PurePosixPath(stored.file).suffix
    if wanted in FORMATS.values() and wanted != suffix:
        text = _("The new picture is {new}, and “{path}” needs {old}: other programs go by that.")
        names = {suffix: kind for kind, suffix in FORMATS.items()}
        raise CannotRefactor(text.format(new=names[suffix], path=picture.path, old=names[wanted]))
    glossary = picture.glossary
    with transaction.atomic():
        Glossary.objects.lock(glossary.pk)
        live = Term.objects.filter(pk__in=_shown_live(picture))
        if any(needed_by(glossary, list(live)).values()):
            text = _(
                "Published terms show this picture, and their changes need approvals. Insert the"
                " new picture into the texts instead."
            )
            raise CannotRefactor(text)
        Picture.objects.filter(pk=picture.pk).update(**stored._asdict())
        record(glossary, Event.Kind.PICTURE_REPLACED, [(None, picture.path)], person)
    return publish_again(glossary, live, person)


def _shown_live(picture: Picture) -> set[int]:
    uses = uses_of(picture.glossary, [picture.path])[picture.path]
    return {use.term for use in uses if use.is_live}


def delete_picture(picture: Picture, person: Any = None) -> None:
    """Delete a picture that no text refers to; the next export removes its file.

    Raises CannotRefactor.
    """
    with transaction.atomic():
        Glossary.objects.lock(picture.glossary_id)
        if picture.path in pictures_referred_to(picture.glossary):
            text = _("Texts show “{path}”. Take it out of them first.")
            raise CannotRefactor(text.format(path=picture.path))
        files = PictureFile.objects.filter(glossary=picture.glossary, path=picture.path)
        files.update(is_deleted=True)
        what = [(None, picture.path)]
        record(picture.glossary, Event.Kind.PICTURE_DELETED, what, person)
        picture.delete()


# Links of a term whose file is renamed


def repair_pictures(operation: Operation, term: Term, path: str) -> None:
    """Plan new relative links to pictures in the text of ``term``, which moves to ``path``."""
    document = term.document()
    if document.problem:
        return
    links = {
        address: link_after_move(address, term.path, path)
        for address in picture_addresses(document.body)
    }
    body = with_picture_addresses(document.body, links)
    if body != document.body:
        words = _("gets new links to its pictures, which stay where they are")
        operation.rewrite(term, words, document, body=body)


# Pictures that were uploaded before they had a place beside the files


def plan_pictures_beside(glossary: Glossary) -> tuple[Operation, list[Picture]]:
    """Plan to move uploaded pictures beside the files, and the links to them.

    Returns the operation, and the pictures to create when it is applied.
    """
    operation = Operation(glossary, _("Pictures moved beside the files"))
    known = dict(Picture.objects.filter(glossary=glossary).values_list("file", "path"))
    made: list[Picture] = []
    terms = Term.objects.filter(glossary=glossary, problem="").order_by("path")
    for term, read in documents_of(terms.filter(Q(body__contains="/media/terms/"))):
        links = {}
        for address, alternative in pictures_in(read.body):
            found = UPLOADED.fullmatch(address)
            if found and _is_known(glossary, found[1], alternative, term, known, made):
                links[address] = link_between(term.path, known[found[1]])
        body = with_picture_addresses(read.body, links)
        count = len(links)
        words = ngettext(
            "links to {count} picture beside the files",
            "links to {count} pictures beside the files",
            count,
        )
        operation.rewrite(term, words.format(count=count), read, body=body)
    return operation, made


def _is_known(
    glossary: Glossary, file: str, alternative: str, term: Term, known: dict, made: list[Picture]
) -> bool:
    """Give the stored picture ``file`` a path, unless it has one. Return whether it is stored."""
    if file in known:
        return True
    try:
        content = content_of_served(file)
    except OSError:
        return False
    taken = {picture.path.casefold() for picture in made}
    known[file] = free_picture_path(glossary, file, f"{alternative[:60]}.x", term.slug, taken)
    fingerprint = fingerprint_of_picture(content)
    made.append(Picture(glossary=glossary, path=known[file], file=file, fingerprint=fingerprint))
    return True


def move_pictures_beside(glossary: Glossary, person: Any = None, shown: str = "") -> ChangeSet:
    """Carry out ``plan_pictures_beside`` as one change set.

    ``shown`` is the digest of the effects that the person confirmed. Raises CannotRefactor.
    """
    with transaction.atomic():
        Glossary.objects.lock(glossary.pk)
        operation, made = plan_pictures_beside(glossary)
        if shown and operation.digest != shown:
            raise CannotRefactor(MEANWHILE)
        Picture.objects.bulk_create(made)
        return apply(operation, person)
