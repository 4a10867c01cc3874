"""The revisions of a term: compare any two, restore any."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from terms.editing.gate import Draft, StaleWrite, save_one
from terms.editing.numbers import number_in
from terms.formats.differences import compare
from terms.formats.document import read_document
from terms.people.permissions import why_not_save

from .page import admin_page, term_for


def history_page(model_admin, request, object_id, extra_context=None):
    """Show the revisions and the difference between ``from`` and ``to``."""
    term = term_for(model_admin, request, object_id)
    revisions = list(term.revisions.select_related("author").defer("text"))
    numbers = [revision.number for revision in revisions]
    to = _chosen(request, "to", numbers, numbers[0])
    previous = numbers[numbers.index(to) + 1] if to != numbers[-1] else to
    start = _chosen(request, "from", numbers, previous)
    texts = dict(term.revisions.filter(number__in=[start, to]).values_list("number", "text"))
    context = {
        "term": term,
        "revisions": revisions,
        "from": start,
        "to": to,
        "blocks": compare(texts[start], texts[to]) if start != to else (),
        "can_restore": model_admin.has_change_permission(request, term),
        **(extra_context or {}),
    }
    title = _("History of {term}").format(term=term)
    return admin_page(model_admin, request, "term/history", title, **context)


def _chosen(request, name: str, numbers: list[int], default: int) -> int:
    number = number_in(request.GET.get(name, ""))
    return number if number in numbers else default


@require_POST
def restore_view(request, model_admin, pk):
    """Save the text of a former revision as the newest one."""
    term = term_for(model_admin, request, pk, "change")
    number, seen = (number_in(request.POST.get(name, "")) for name in ("number", "seen"))
    former = term.revisions.filter(number=number).first()
    if former is None or seen is None:
        raise Http404(_("This revision does not exist."))
    document = read_document(former.text, term.path)
    if reason := why_not_save(request.user, term.glossary, document, False):
        model_admin.message_user(request, reason, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:terms_term_history", args=[pk]))
    draft = Draft(term.path, former.text, term, seen)
    done = _("Revision {number} restored").format(number=former.number)
    try:
        saved = save_one(term.glossary, draft, request.user, done)
    except StaleWrite:
        message = _("“{term}” was saved by someone else. Check the new version before you restore.")
        model_admin.message_user(request, message.format(term=term), messages.ERROR)
    else:
        message = (
            _("“{term}” is as it was in revision {number} again.")
            if saved
            else _("“{term}” is just as it was in revision {number}.")
        )
        model_admin.message_user(request, message.format(term=term, number=former.number))
    return HttpResponseRedirect(reverse("admin:terms_term_history", args=[pk]))
