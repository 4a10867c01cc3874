"""The admin site: the order of models, and limits on logins."""

import unicodedata
from datetime import timedelta
from functools import wraps
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import BadRequest
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.people.networks import address_in
from terms.people.rate_limit import TooMany, client_of, digest, limit

from .lists import WithoutColons
from .navigation import settings_for
from .views.home import home_of

ORDER = [
    "Term",
    "ChangeSet",
    "Category",
    "Vertical",
    "Picture",
    "Glossary",
    "Repository",
    "Job",
    "Webhook",
    "SearchMiss",
    "Event",
]


A_MINUTE, AN_HOUR = 10, 60  # login attempts from one address
OF_ACCOUNT = 20  # in a quarter of an hour, from addresses that have not logged in to it lately
LONGEST_NAME = 200  # characters; names of accounts have at most 150
QUARTER, MONTH = 900, timedelta(days=30)


class LoginForm(WithoutColons, AdminAuthenticationForm):
    error_messages = {
        "invalid_login": _lazy("The user name or the password is wrong, or you may not edit."),
    }


class Newsroom(AdminSite):
    login_form = LoginForm
    site_header = site_title = _lazy("Glossary")
    index_title = _lazy("Home")
    enable_nav_sidebar = False  # the frame has its own

    def login(self, request, extra_context=None):
        """Refuse too many attempts before the password check, which is slow."""
        if request.method == "POST":
            if len(request.POST.get("username", "")) > LONGEST_NAME:
                raise BadRequest(_("The user name is too long."))
            try:
                _limit_logins(request)
            except TooMany:
                response = render(request, "admin/too_many_logins.html", status=429)
                response["Retry-After"] = "60"
                return response
        return super().login(request, extra_context)

    def admin_view(self, view, cacheable=False):
        """Refuse filters by regular expressions, which could run without end."""
        wrapped = super().admin_view(view, cacheable)

        @wraps(wrapped)
        def bounded(request, *args, **kwargs):
            if any("regex" in name for name in request.GET):
                raise DisallowedModelAdminLookup("Filtering by a regular expression is not allowed")
            return _titled(wrapped(request, *args, **kwargs))

        return bounded

    def get_urls(self):
        settings = self.admin_view(self.settings_view)
        return [path("settings/", settings, name="settings"), *super().get_urls()]

    def settings_view(self, request):
        """List the pages of settings that the person may open."""
        context = {
            **self.each_context(request),
            "title": _("Settings"),
            "sections": settings_for(self.get_app_list(request)),
        }
        return TemplateResponse(request, "admin/settings.html", context)

    def app_index(self, request, app_label, extra_context=None):
        """Redirect Django's lists of models to the settings, which have them."""
        return HttpResponseRedirect(reverse("admin:settings"))

    def index(self, request, extra_context=None):
        return super().index(request, {**home_of(request.user), **(extra_context or {})})

    def get_app_list(self, request, app_label=None):
        """Order models, with the terms app first."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["object_name"]))
        return sorted(apps, key=lambda app: app["app_label"] != "terms")


def _titled(response: Any) -> Any:
    """Name Django's pages after what they show: “Terms”, “Flask”, “New term”."""
    context = getattr(response, "context_data", None) or {}
    if "cl" in context:
        context["title"] = capfirst(context["cl"].opts.verbose_name_plural)
    elif "adminform" in context:
        thing = context["opts"].verbose_name
        original = context.get("original")
        context["title"] = str(original) if original else _("New {thing}").format(thing=thing)
        context["subtitle"] = None
    return response


def _limit_logins(request) -> None:
    client = client_of(request)
    limit(f"login-{client}", A_MINUTE)
    limit(f"login-hour-{client}", AN_HOUR, 3600)
    name = _as_django_reads_it(request.POST.get("username", ""))
    since = timezone.now() - MONTH
    logins = apps.get_model("axes", "AccessLog").objects
    known = logins.filter(ip_address=address_in(request.META.get("REMOTE_ADDR", "")) or None)
    if not known.filter(username=name, attempt_time__gte=since).exists():
        limit(f"login-name-{digest(name.casefold())}", OF_ACCOUNT, QUARTER)


def _as_django_reads_it(name: str) -> str:
    """Normalise a name, so that other spellings count as attempts at the same account."""
    return unicodedata.normalize("NFKC", name.replace("\0", "").strip())


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)
