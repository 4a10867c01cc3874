"""The page of an import plan: its files with their differences, decisions, and what was done."""

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from terms.admin.spreadsheets import csv_lines
from terms.changes.operation import MEANWHILE
from terms.editing.numbers import number_in
from terms.files.folder import FolderError
from terms.files.plan import CONFLICT, FILE, GLOSSARY, STATUSES, UNCHANGED, PlannedFile
from terms.formats.value_differences import ValueDifference, compare_values
from terms.interchange.plans import (
    accept,
    apply_plan,
    compare_files,
    decide_beside,
    discard,
    summary_of,
    terms_of,
)
from terms.interchange.sources import UPLOAD
from terms.jobs.kinds import MANY
from terms.jobs.starting import cancel_job
from terms.models import ImportFile, ImportPlan, Revision
from terms.people.permissions import may, rights

from . import import_words
from .imports import compare_now_or_later, started_for
from .page import admin_page, undo_button

A_PAGE = 50  # files
LONG = 20_000  # characters; differences of longer texts are on the page of the file
State = ImportPlan.State


class Filter(NamedTuple):
    name: str
    title: str | Promise
    number: int
    is_current: bool


class ShownFile(NamedTuple):
    """A file of the list. ``differences`` is None if they are on the page of the file."""

    row: ImportFile
    label: str | Promise
    term: Any
    differences: list[ValueDifference] | None


def plan_for(request, pk: int) -> ImportPlan:
    """Return a plan that the person may decide about. Raises Http404, PermissionDenied."""
    found = rights(request.user, "import_terms")
    if not found:
        raise PermissionDenied
    draft = ImportPlan.objects.select_related(
        "glossary", "person", "applied_by", "change_set", "job"
    ).filter(pk=pk)
    if not (plan := draft.first()):
        raise Http404(_("This import does not exist. Imports are kept for 30 days."))
    if not found.hold_in(plan.glossary_id):
        raise PermissionDenied
    return plan


@require_http_methods(["GET", "HEAD", "POST"])
def plan_view(request, model_admin, pk):
    draft = plan_for(request, pk)
    if request.method == "POST":
        action = ACTIONS.get(request.POST.get("do", ""))
        if action is None:
            raise PermissionDenied
        here = HttpResponseRedirect(f"{_address(draft)}{_query(request)}")
        return action(model_admin, request, draft) or here
    if draft.state in (State.PLANNING, State.FAILED, State.DISCARDED):
        return _page(model_admin, request, "import_waiting", draft)
    return _page(model_admin, request, "import_plan", draft, **_context(request, draft))


def _page(model_admin, request, template, draft, **context):
    title = _("Import of {title}").format(title=draft.title)
    context = {"draft": draft, "glossary": draft.glossary, **context}
    return admin_page(model_admin, request, f"glossary/{template}", title, **context)


def _context(request, draft) -> dict[str, Any]:
    summary = summary_of(draft)
    name = request.GET.get("show", "")
    rows = _searched(request, _filtered(draft, name))
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    may_publish = may(request.user, "publish_term", draft.glossary)
    publishes = draft.publishes and may_publish
    return {
        "summary": summary,
        "headline": import_words.headline(summary),
        "further": import_words.further(summary, publishes),
        "verb": import_words.button(summary, publishes, draft) or _without_changes(draft, summary),
        "digest": _digest(draft),
        "may_publish": may_publish,
        "may_delete": may(request.user, "delete_term", draft.glossary),
        "filters": _filters(draft, summary, name),
        "show": name,
        "help": import_words.HELP.get(name, ""),
        "query": request.GET.get("q", ""),
        "kept": _query(request),
        "page": page,
        "page_range": page.paginator.get_elided_page_range(page.number),
        "page_query": urlencode([(k, v) for k, v in request.GET.items() if k != "page"]),
        "files": _shown(draft, list(page.object_list)),
        **_decidable(draft, rows),
        "result": draft.result,
        "beside": import_words.beside_words(draft),
        "done": import_words.counted(summary.accepted),
    }


def _without_changes(draft, summary) -> str:
    """Return what applying an empty plan does: the next import of a folder knows its files."""
    is_useless = draft.source == UPLOAD.name or summary.counts.get(CONFLICT)
    return "" if is_useless else _("Finish without changes")


def _decidable(draft, rows) -> dict[str, int]:
    """Return how many files of the list can be refused, and accepted again."""
    is_open = draft.state == State.READY
    return {
        "accepted": rows.filter(decision=ImportFile.ACCEPTED).count() if is_open else 0,
        "refused": rows.filter(decision=ImportFile.REFUSED).count() if is_open else 0,
    }


# The list of files

SPECIAL = {
    "": _lazy("Changes and problems"),
    "decided": _lazy("Decided conflicts"),
    "changed": _lazy("Changed since"),
    "refused": _lazy("Refused"),
    "live": _lazy("Go live"),
    "hindered": _lazy("Cannot go live"),
    "noted": _lazy("With a note"),
}


def _filtered(draft, name):
    rows = draft.files.all()
    if name in STATUSES:
        return rows.filter(status=name)
    found = {
        "decided": rows.decided(),
        "changed": rows.filter(is_changed=True),
        "refused": rows.filter(decision=ImportFile.REFUSED),
        "live": rows.filter(goes_live=True),
        "hindered": rows.exclude(hindrance=""),
        "noted": rows.exclude(outcome=""),
    }
    return found.get(name, rows.exclude(status=UNCHANGED))


def _searched(request, rows):
    words = request.GET.get("q", "").replace("\0", "")[:200]
    return rows.filter(path__icontains=words) if words else rows


def _filters(draft, summary, current) -> list[Filter]:
    names = [("", SPECIAL[""]), *import_words.LABELS.items()]
    counts = {**summary.counts, "": sum(summary.counts.values()) - summary.counts.get(UNCHANGED, 0)}
    counts |= {"refused": summary.refused, "changed": summary.changed}
    counts["decided"] = draft.files.decided().count()
    counts["noted"] = draft.files.exclude(outcome="").count()
    if draft.publishes:
        counts |= {"live": summary.live, "hindered": summary.hindered}
    names += [(name, title) for name, title in SPECIAL.items() if name]
    return [
        Filter(name, title, counts.get(name, 0), name == current)
        for name, title in names
        if counts.get(name) or name in ("", current)
    ]


def _shown(draft, rows) -> Iterator[ShownFile]:
    terms = terms_of(draft, rows)
    is_open = draft.state == State.READY
    found = differences_of(draft, rows) if is_open else {}
    for row in rows:
        label = import_words.LABELS.get(row.status, row.status)
        yield ShownFile(row, label, terms.get(row.path), found.get(row.path, []))


def differences_of(draft, rows, is_whole=False) -> dict[str, list[ValueDifference] | None]:
    """Return path → differences between the term and its text after the import.

    Those of long texts are None, unless ``is_whole``.
    """
    wanted = [row for row in rows if row.decision and row.has_file]
    if not wanted:
        return {}
    try:
        entries = compare_files(draft, wanted)
    except FolderError:
        return {}
    before = newest_texts([row.term_id for row in wanted if row.term_id])
    found: dict[str, list[ValueDifference] | None] = {}
    for row in wanted:
        old, new = before.get(row.term_id, ""), _text_after(entries[row.path])
        is_long = len(old) + len(new) > LONG and not is_whole
        found[row.path] = None if is_long else compare_values(old, new or old)
    return found


def _text_after(entry: PlannedFile) -> str:
    return entry.document.text if entry.document else ""


def newest_texts(ids: list[int]) -> dict[int, str]:
    rows = Revision.objects.filter(term__in=ids, number=F("term__version"))
    return dict(rows.values_list("term", "text"))


# Actions


def _digest(draft) -> str:
    """Return what identifies everything that applying the plan does, but for the options."""
    rows = draft.files.to_apply().values_list("path", "digest")
    return hashlib.sha256(repr((draft.state, list(rows))).encode()).hexdigest()


def _apply(model_admin, request, draft):
    if request.POST.get("confirm") != _digest(draft):
        return model_admin.message_user(request, MEANWHILE, messages.WARNING)
    _take_options(request, draft)
    if not draft.become(State.APPLYING, State.READY, applied_by=request.user.pk, problem=""):
        return model_admin.message_user(request, MEANWHILE, messages.WARNING)
    if draft.files.count() > MANY:
        return started_for(request, draft, "apply_import")
    apply_plan(draft)
    if draft.state == State.APPLIED:
        said = _("The import was carried out.")
        if draft.change_set:
            said = format_html("{} {}", said, undo_button(draft.change_set))
        return model_admin.message_user(request, said)
    text = _("Nothing was imported. {problem}").format(problem=draft.problem)
    return model_admin.message_user(request, text, messages.WARNING)


def _again(model_admin, request, draft):
    """Compare all files again, also after the process that did so has ended."""
    before = [State.READY, State.FAILED, *((draft.state,) if draft.is_stuck else ())]
    if not draft.become(State.PLANNING, *before, problem="", job=None):
        return None
    following = compare_now_or_later(request, draft)
    draft.refresh_from_db()
    if draft.state == State.READY:
        text = draft.problem or _("All files are as they were.")
        model_admin.message_user(request, text)
    return following


def _discard(model_admin, request, draft):
    if discard(draft):
        if draft.job:
            cancel_job(draft.job)
        model_admin.message_user(request, _("The import was discarded. No term has changed."))


def _take_options(request, draft):
    may_publish = may(request.user, "publish_term", draft.glossary)
    draft.become(
        State.READY, State.READY,
        publishes=may_publish and "publishes" in request.POST,
        removes_many="removes_many" in request.POST,
    )  # fmt: skip


def _decide_one(is_accepted):
    def act(model_admin, request, draft):
        rows = draft.files.filter(pk=number_in(request.POST.get("file", "")))
        if draft.state == State.READY:
            accept(draft, rows, is_accepted)

    return act


def _decide_all(is_accepted):
    def act(model_admin, request, draft):
        if draft.state != State.READY:
            return
        name = request.POST.get("show", "")
        rows = _filtered(draft, name)
        words = request.POST.get("q", "")[:200]
        if words:
            rows = rows.filter(path__icontains=words.replace("\0", ""))
        ids = rows.values("pk")
        count = accept(draft, draft.files.filter(pk__in=ids), is_accepted)
        accepted = ngettext("{count} file is accepted.", "{count} files are accepted.", count)
        refused = ngettext("{count} file is refused.", "{count} files are refused.", count)
        text = accepted if is_accepted else refused
        model_admin.message_user(request, text.format(count=f"{count:,}"))

    return act


def _decide_beside(side):
    def act(model_admin, request, draft):
        if draft.state == State.READY:
            decide_beside(draft, request.POST.get("path", ""), side)

    return act


ACTIONS = {
    "beside_file": _decide_beside(FILE),
    "beside_here": _decide_beside(GLOSSARY),
    "beside_open": _decide_beside(""),
    "apply": _apply,
    "again": _again,
    "discard": _discard,
    "accept": _decide_one(True),
    "refuse": _decide_one(False),
    "accept_all": _decide_all(True),
    "refuse_all": _decide_all(False),
}


def _address(draft):
    return reverse("admin:terms_import_plan", args=[draft.pk])


def _query(request) -> str:
    """Return the query of the list, from the page or from its form."""
    values = request.POST if request.method == "POST" else request.GET
    kept = [(name, values[name]) for name in ("show", "q", "page") if values.get(name)]
    return f"?{urlencode(kept)}" if kept else ""


# Report


@require_safe
def report_view(request, model_admin, pk, form):
    """Return all files of a plan with what is, or was, done with them."""
    draft = plan_for(request, pk)
    name = f'attachment; filename="import-{draft.pk}.{form}"'
    columns = ("path", "status", "reason", "decision", "outcome")
    rows = draft.files.values_list(*columns).iterator(chunk_size=2_000)
    if form == "csv":
        response = StreamingHttpResponse(
            csv_lines(columns, rows), content_type="text/csv; charset=utf-8"
        )
    else:
        report = {
            "state": draft.state,
            "counts": draft.files.counts(),
            "files": [dict(zip(columns, row, strict=True)) for row in rows],
            **draft.result,
        }
        response = JsonResponse(report, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = name
    response["Cache-Control"] = "no-store"
    return response
