"""Navigation between terms: previous, next, and by name."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from terms.editing.lookup import called
from terms.models import Term
from terms.people.permissions import rights


def neighbours_of(person, term: Term) -> tuple[Term | None, Term | None]:
    """Return the previous and next term by name, among those that ``person`` may view."""
    terms = rights(person, "view_term").among(Term.objects.only("name", "name_key"))
    same = {"name_key": term.name_key}
    before = terms.filter(name_key__lte=term.name_key).exclude(**same, pk__gte=term.pk)
    after = terms.filter(name_key__gte=term.name_key).exclude(**same, pk__lte=term.pk)
    return before.order_by("-name_key", "-pk").first(), after.order_by("name_key", "pk").first()


@require_safe
def go_view(request, model_admin):
    """Redirect to the form of the term called ``name``, or to the search results for it."""
    found = rights(request.user, "view_term")
    if not found:
        raise PermissionDenied
    name = request.GET.get("name", "").replace("\0", "")[:300]
    for term in called(found.among(Term.objects.all()), name, 1):
        return HttpResponseRedirect(reverse("admin:terms_term_change", args=[term.pk]))
    listed = reverse("admin:terms_term_changelist")
    return HttpResponseRedirect(f"{listed}?{urlencode({'q': name})}")
