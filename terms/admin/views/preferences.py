"""Personal preferences: name, mail and time zone."""

from collections.abc import Callable
from functools import lru_cache
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods

from terms.models import Event, Preference
from terms.people.audit_log import record

from .page import admin_page


@lru_cache(maxsize=1)
def _places() -> list[tuple[str, str]]:
    places = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
    places = [name for name in places if not name.startswith(("Etc/", "SystemV/", "US/"))]
    return [(name, name.replace("_", " ")) for name in places]


def _zones() -> list[tuple[str, str]]:
    return [("", _("As the site: {zone}").format(zone=settings.TIME_ZONE)), *_places()]


class PreferenceForm(forms.ModelForm):
    time_zone = forms.ChoiceField(choices=_zones, required=False, label=_lazy("Time zone"))

    class Meta:
        model = Preference
        fields = ("mail", "time_zone")
        widgets = {"mail": forms.RadioSelect}
        labels = {"mail": _lazy("Mail about reviews and comments that concern me")}


class OwnAccountForm(forms.ModelForm):
    """What people change of their own account."""

    class Meta:
        model = get_user_model()
        fields = ("first_name", "last_name", "email")
        labels = {"email": _lazy("Email address, for notices")}


@require_http_methods(["GET", "HEAD", "POST"])
def preferences_view(request, model_admin):
    kept = Preference.objects.filter(person=request.user).first()
    form = PreferenceForm(
        request.POST or None, instance=kept or Preference(person=request.user), label_suffix=""
    )
    # A copy: an invalid form also changes its instance.
    person = get_user_model().objects.get(pk=request.user.pk)
    has_account = "email" in request.POST
    account = OwnAccountForm(
        request.POST if has_account else None, instance=person, label_suffix=""
    )
    if form.is_valid() and (not has_account or account.is_valid()):
        form.save()
        if has_account and account.has_changed():
            account.save()
            names = ", ".join(str(account.fields[name].label) for name in account.changed_data)
            detail = _("changed of the own account: {names}").format(names=names)
            record(None, Event.Kind.SETTING, [(None, person.get_username())], person, detail)
        model_admin.message_user(request, _("Your preferences were saved."))
        return HttpResponseRedirect(reverse("admin:terms_term_preferences"))
    context = {"form": form, "account": account, "email": request.user.email}
    return admin_page(model_admin, request, "term/preferences", _("Preferences"), **context)


def in_own_zone(get_response: Callable[[HttpRequest], HttpResponse]):
    """Middleware that shows and reads times in the zone of the logged-in person."""

    def respond(request: HttpRequest) -> HttpResponse:
        # Readers have no account, so their requests make no query.
        chosen = None
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            chosen = Preference.objects.filter(person=request.user).first()
        if chosen is None or not chosen.time_zone:
            return get_response(request)
        with timezone.override(chosen.time_zone):
            return get_response(request)

    return respond
