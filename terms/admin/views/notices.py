"""The notices of a person, and what the person watches."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from terms.editing.numbers import number_in
from terms.models import Notice
from terms.people.notifications import address_of_notice
from terms.people.permissions import rights
from terms.people.watching import set_watches, watched_by

from .page import admin_page, term_for

A_PAGE = 50
SCOPES = ("term", "category", "glossary")


@require_http_methods(["GET", "HEAD", "POST"])
def notices_view(request, model_admin):
    """List the person's notices, the newest first.

    A POST marks all as read, or with ``stop`` ends watching.
    """
    own = Notice.objects.filter(person=request.user)
    if request.method == "POST":
        if "stop" in request.POST:
            number = number_in(request.POST["stop"])
            request.user.watches.filter(pk=number).delete()
            return HttpResponseRedirect(f"{reverse('admin:terms_term_notices')}#watches")
        own.unread().update(read_at=timezone.now())
        return HttpResponseRedirect(reverse("admin:terms_term_notices"))
    page = Paginator(own.order_by("-pk"), A_PAGE).get_page(request.GET.get("p"))
    context = {
        "page": page,
        "unread": own.unread().count(),
        "watches": request.user.watches.filter(glossary__deleted_at=None).select_related(
            "term", "category", "glossary"
        )[:A_PAGE],
    }
    return admin_page(model_admin, request, "term/notices", _("Notices"), **context)


@require_POST
def notice_view(request, model_admin, pk):
    """Mark a notice of the person as read, and open the page that it is about."""
    notice = Notice.objects.filter(person=request.user, pk=pk).first()
    if notice is None:
        raise Http404(_("This notice does not exist. Notices are kept for 90 days."))
    Notice.objects.filter(pk=pk, read_at=None).update(read_at=timezone.now())
    if notice.term_id and not rights(request.user, "view_term"):
        return HttpResponseRedirect(reverse("admin:index"))
    return HttpResponseRedirect(address_of_notice(notice))


@require_http_methods(["GET", "HEAD", "POST"])
def watch_view(request, model_admin, pk):
    """Choose to watch a term, its category or its glossary."""
    term = term_for(model_admin, request, pk)
    if request.method == "POST":
        chosen = set(request.POST.getlist("watch")) & set(SCOPES)
        set_watches(request.user, term, chosen)
        said = _("You get a notice when others publish, withdraw, rename or delete what you watch.")
        model_admin.message_user(
            request, said if chosen else _("You no longer watch this."), messages.SUCCESS
        )
        return HttpResponseRedirect(reverse("admin:terms_term_change", args=[term.pk]))
    watched = watched_by(request.user, term)
    choices = [
        ("term", _("The term “{name}”, with comments on it").format(name=term.name)),
        ("category", _("All terms in “{name}”").format(name=term.category or "")),
        ("glossary", _("All terms in “{name}”").format(name=term.glossary.name)),
    ]
    shown = [
        (scope, words, scope in watched)
        for scope, words in choices
        if scope != "category" or term.category_id
    ]
    title = _("Watching {term}").format(term=term)
    return admin_page(model_admin, request, "term/watch", title, term=term, choices=shown)
