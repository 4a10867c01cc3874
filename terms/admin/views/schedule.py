"""Scheduled publishing: the form of a term, and the page of all items."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_safe

from terms.changes.schedule import CannotSchedule, schedule, unschedule
from terms.editing.numbers import number_in
from terms.models import Schedule, Term
from terms.people.notifications import unsent
from terms.people.permissions import rights
from terms.review.requests import CannotReview
from terms.review.stages import stage_of

from .page import admin_page

SHOWN = 200


class WhenForm(forms.Form):
    """A time in the person's own zone.

    Django refuses times that a clock change skips or repeats, with an explanation.
    """

    action = forms.ChoiceField(label=_lazy("Action"), choices=Schedule.Action.choices)
    at = forms.DateTimeField(
        label=_lazy("When"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "required": _lazy("Enter a date and time."),
            "invalid": _lazy("Enter a valid date and time."),
        },
    )


def schedule_from_form(request, term):
    """Schedule the action of the form and return the message. Raises CannotReview."""
    form = WhenForm(request.POST)
    if not form.is_valid():
        raise CannotReview(" ".join(text for found in form.errors.values() for text in found))
    try:
        made = schedule(term, form.cleaned_data["action"], form.cleaned_data["at"], request.user)
    except CannotSchedule as error:
        raise CannotReview(str(error)) from error
    missing = stage_of(term).who_is_missing
    if made.action != Schedule.Action.PUBLISH:
        text = _("“{term}” will be withdrawn on {time}.")
    elif missing:
        text = _("“{term}” will be published on {time}, but only if approved by {people} by then.")
    else:
        text = _("“{term}” will be published on {time}.")
    return text.format(term=term, time=_shown(made.at), people=missing)


def cancel_scheduled(request, term):
    item = term.schedule.filter(pk=number_in(request.POST.get("item", ""))).first()
    try:
        if item is None:
            raise CannotSchedule(_("This item is no longer scheduled."))
        unschedule(item, request.user)
    except CannotSchedule as error:
        raise CannotReview(str(error)) from error
    return _("It was removed from the schedule.")


def _shown(moment):
    time = date_format(timezone.localtime(moment), "j F Y, H:i")
    return f"{time} ({timezone.get_current_timezone_name()})"


def _publishable(request, items):
    """Return the ids of the items' terms that the person may publish."""
    terms = Term.objects.filter(pk__in=[item.term_id for item in items])
    return set(rights(request.user, "publish_term").among(terms).values_list("pk", flat=True))


@require_safe
def schedule_view(request, model_admin):
    """Show the status page."""
    found = rights(request.user, "view_term")
    if not found:
        raise PermissionDenied
    terms = found.among(Term.objects.all())
    items = Schedule.objects.filter(term__in=terms).select_related("term", "person")
    context = {
        "now": timezone.now(),
        "unsent": unsent(),
        "zone": timezone.get_current_timezone_name(),
        "waiting": items.waiting()[:SHOWN],
        "mine": _publishable(request, items.waiting()[:SHOWN]),
        "failed": items.filter(state=Schedule.State.FAILED).order_by("-ran_at")[:SHOWN],
        "done": items.filter(state=Schedule.State.DONE).order_by("-ran_at")[:SHOWN],
    }
    return admin_page(model_admin, request, "term/schedule", _("Schedule"), **context)
