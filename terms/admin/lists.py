"""What all lists of the admin have: columns to choose, saved filters, the chosen glossary."""

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.contrib.admin.utils import label_for_field
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from terms.editing.numbers import number_in
from terms.people import display

from .mixin import Mixin

CHOSEN = "glossary__id__exact"  # the filter of Django, which wins over the chosen glossary
NOT_A_FILTER = {"p", "all", "o", "e"}


class Column(NamedTuple):
    """A column that a person can show or hide."""

    name: str
    title: str
    is_shown: bool


class WithoutColons:
    """A form whose labels end without a colon."""

    def __init__(self, *args, **options):
        super().__init__(*args, **{"label_suffix": "", **options})


class WithoutDeletion(Mixin):
    """A list without Django's action that deletes the selection at once."""

    def get_actions(self, request, action_location=None):
        where = {} if action_location is None else {"action_location": action_location}
        found = super().get_actions(request, **where)  # Django 6.1 passes their location
        found.pop("delete_selected", None)
        return found


class Listed(Mixin):
    """Adds columns to choose, saved filters and the chosen glossary to the list of a model."""

    hidden_at_first: tuple[str, ...] = ()

    @property
    def list_name(self) -> str:
        return str(self.opts.model_name)

    def _hidden(self, request):
        return display.hidden_columns(request.user, self.list_name, self.hidden_at_first)

    def get_list_display(self, request):
        first, *others = super().get_list_display(request)
        hidden = self._hidden(request)
        return [first, *(name for name in others if name not in hidden)]

    def get_list_filter(self, request):
        found = super().get_list_filter(request)
        is_chosen = display.glossary_of(request.user) and CHOSEN not in request.GET
        return [one for one in found if not (is_chosen and _is_of_glossary(one))]

    def get_form(self, request, obj=None, change=False, **options):
        form = super().get_form(request, obj, change=change, **options)
        return type(form.__name__, (WithoutColons, form), {})

    def get_queryset(self, request):
        return self.of_listed(request, super().get_queryset(request))

    def of_listed(self, request, rows):
        """Filter the rows of a list to the chosen glossary."""
        glossary = getattr(request, "listed_glossary", None)
        return rows.filter(glossary=glossary) if glossary else rows

    def get_changelist_instance(self, request):
        if _has_glossary(self.model) and CHOSEN not in request.GET:
            request.listed_glossary = display.glossary_of(request.user)
        return super().get_changelist_instance(request)

    def changelist_view(self, request, extra_context=None):
        query = _filters_in(request.GET.urlencode())
        hidden = self._hidden(request)
        context = {
            "list_name": self.list_name,
            "list_query": query,
            "saved_filters": [
                (title, saved, saved == query)
                for title, saved in display.saved_filters(request.user, self.list_name)
            ],
            "columns": [
                Column(name, _title(name, self), name not in hidden)
                for name in super().get_list_display(request)[1:]
            ],
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})


def _is_of_glossary(one: Any) -> bool:
    name = one[0] if isinstance(one, tuple) else one
    return name == "glossary"


def _has_glossary(model: Any) -> bool:
    try:
        return model._meta.get_field("glossary") is not None
    except FieldDoesNotExist:
        return False


def _title(name: str, model_admin: Any) -> str:
    return str(label_for_field(name, model_admin.model, model_admin))


def _filters_in(query: str) -> str:
    """Return the filters and the search of an address, without page and order."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if name not in NOT_A_FILTER])


def _back(request) -> HttpResponseRedirect:
    """Redirect to the page that the form was on."""
    way = request.POST.get("next", "")
    is_here = url_has_allowed_host_and_scheme(way, None) and way.startswith("/")
    return HttpResponseRedirect(way if is_here else reverse("admin:index"))


@require_POST
def switch_view(request, model_admin):
    """Show one glossary only, or all."""
    chosen = display.choose_glossary(request.user, number_in(request.POST.get("glossary", "")))
    text = _("Lists show “{glossary}” only.").format(glossary=chosen) if chosen else ""
    model_admin.message_user(request, text or _("Lists show all glossaries."))
    return _back(request)


@require_POST
def lists_view(request, model_admin):
    """Store the columns or a filter of a list, for the person who asks."""
    names = {str(model._meta.model_name): admin for model, admin in _listed(model_admin)}
    name = request.POST.get("list", "")
    if name not in names:
        return _back(request)
    title = request.POST.get("title", "").replace("\0", "")
    if "columns" in request.POST:
        columns = names[name].list_display[1:]
        shown = set(request.POST.getlist("column"))
        hidden = [column for column in columns if column not in shown]
        display.hide_columns(request.user, name, hidden)
    elif "forget" in request.POST:
        display.forget_filter(request.user, name, request.POST["forget"])
    elif title.strip() and request.POST.get("query"):
        display.save_filter(request.user, name, title, _filters_in(request.POST["query"]))
        text = _("The filter “{title}” was saved. You find it under “Saved filters”.")
        model_admin.message_user(request, text.format(title=title.strip()))
    return _back(request)


def _listed(model_admin):
    found = model_admin.admin_site._registry.items()
    return [(model, one) for model, one in found if isinstance(one, Listed)]
