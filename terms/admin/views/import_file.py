"""The page of one file of an import: its whole difference, and the decision of its conflict."""

from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from terms.files.folder import FolderError
from terms.files.plan import ALL, BOTH_SIDES, CONFLICT, FILE, GLOSSARY
from terms.formats.collisions import Collision
from terms.formats.differences import DiffPiece, word_changes
from terms.formats.merging import BODY
from terms.interchange.plans import compare_files, decide
from terms.models import ImportPlan

from . import import_words
from .import_plan import differences_of, plan_for
from .page import admin_page

SIDE, KEY = "side-", "key-"
MOST = 500  # collisions
SIDES = (GLOSSARY, FILE, BOTH_SIDES)


class OpenCollision(NamedTuple):
    """A collision that has to be decided. ``is_passage`` if both sides can be kept."""

    number: int
    key: str
    title: str
    is_passage: bool
    here: list[DiffPiece]
    in_file: list[DiffPiece]


@require_http_methods(["GET", "HEAD", "POST"])
def import_file_view(request, model_admin, pk, row):
    draft = plan_for(request, pk)
    row = draft.files.filter(pk=row).select_related("term").first()
    if row is None:
        raise Http404(_("This import does not have this file, or was compared again."))
    try:
        if request.method == "POST" and draft.state == ImportPlan.State.READY:
            return _decided(model_admin, request, draft, row)
        return _page(model_admin, request, draft, row)
    except FolderError as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(reverse("admin:terms_import_plan", args=[draft.pk]))


def _decided(model_admin, request, draft, row):
    here = reverse("admin:terms_import_file", args=[draft.pk, row.pk])
    choices = _choices(request, row)
    if decide(draft, row, choices):
        model_admin.message_user(request, _("“{path}” is decided.").format(path=row.path))
        following = draft.files.undecided().filter(pk__gt=row.pk).first()
        following = following or draft.files.undecided().first()
        if following and "next" in request.POST:
            here = reverse("admin:terms_import_file", args=[draft.pk, following.pk])
    elif choices and not row.choices:
        text = _("No side can be chosen here: {reason}.")
        model_admin.message_user(request, text.format(reason=row.reason), messages.WARNING)
    elif choices:
        text = _("Some places are not decided yet.")
        model_admin.message_user(request, text, messages.WARNING)
    return HttpResponseRedirect(here)


def _choices(request, row) -> dict[str, str]:
    """Return the posted sides, with those that were chosen before for other places."""
    if request.POST.get("do") == "reopen":
        return {}
    if (side := request.POST.get("whole", "")) in SIDES[:2]:
        return {ALL: side}
    chosen = {key: side for key, side in row.choices.items() if key != ALL}
    for name in [name for name in request.POST if name.startswith(SIDE)][:MOST]:
        key = request.POST.get(KEY + name.removeprefix(SIDE), "")
        if key and request.POST[name] in SIDES:
            chosen[key] = request.POST[name]
    return chosen


def _page(model_admin, request, draft, row):
    is_open = draft.state == ImportPlan.State.READY
    entry = None
    if is_open and row.status == CONFLICT:
        entry = compare_files(draft, [row]).get(row.path)
    found = differences_of(draft, [row], is_whole=True) if is_open else {}
    context = {
        "draft": draft,
        "glossary": draft.glossary,
        "file": row,
        "label": import_words.LABELS.get(row.status, row.status),
        "term": row.term,
        "is_open": is_open,
        "differences": found.get(row.path),
        "collisions": [*map(_open, range(MOST), entry.collisions)] if entry else [],
        "chosen": [(_title(key), side) for key, side in sorted(row.choices.items())],
        "undecided": draft.files.undecided().exclude(pk=row.pk).count(),
    }
    return admin_page(model_admin, request, "glossary/import_file", row.path, **context)


def _open(number: int, collision: Collision) -> OpenCollision:
    head, _space, count = collision.key.rpartition(" ")
    return OpenCollision(
        number,
        collision.key,
        _title(collision.key),
        head == collision.name and count.isdigit(),
        list(word_changes(collision.base, collision.theirs)),
        list(word_changes(collision.base, collision.ours)),
    )


def _title(key: str) -> str:
    """Return the key of a collision for people."""
    name, _space, count = key.rpartition(" ")
    if name == BODY and count.isdigit():
        return _("Text, passage {n}").format(n=count)
    return capfirst(key)
