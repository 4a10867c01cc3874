"""Terms in the admin."""

from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.forms.widgets import Script
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.changes.reword import waiting_for
from terms.editing import autosave
from terms.editing.gate import Draft, StaleWrite, save_one
from terms.editing.metadata import keys_to_write
from terms.formats.document import changed, read_document
from terms.formats.problems import CannotSplice
from terms.models import Alias, Glossary, Term
from terms.models.glossary import DEFAULT_SLUG
from terms.people.display import glossary_of
from terms.people.notifications import read_notices
from terms.people.permissions import may
from terms.rendering.icons import icon_body
from terms.review import approvals
from terms.review import requests as review_requests
from terms.review.stages import REVIEW
from terms.review.suggestions import why_declined

from . import patterns
from .form import conflicts, recovery, surroundings
from .form.form import TermForm
from .form.readonly import VIEWED, Viewing
from .listing import TermListing
from .lists import WithoutDeletion
from .permissions import Scoped
from .publication import Publication
from .urls import Addresses
from .views import history, trash
from .views.page import row_for

READABLE = [
    (None, {"fields": ["seen", "name", "description", "body"], "classes": ["term-main"]}),
    (
        _lazy("Classification"),
        {"fields": ["category", "vertical", "icon"], "classes": ["term-side"]},
    ),
    (_lazy("Relations"), {"fields": ["related_terms", "other_names"], "classes": ["term-side"]}),
    (_lazy("Details"), {"fields": ["detail_rows"], "classes": ["term-side"]}),
    (
        _lazy("Editing"),
        {"fields": ["glossary", "path", "owner", "review_by", "reason"], "classes": ["term-side"]},
    ),
]
OF_SEVERAL = [
    (
        None,
        {"fields": ["seen", "glossary", "name", "description", "body"], "classes": ["term-main"]},
    ),
    *READABLE[1:-1],
    (
        _lazy("Editing"),
        {"fields": ["path", "owner", "review_by", "reason"], "classes": ["term-side"]},
    ),
]  # a new term, where the person may choose its glossary
HELD_BACK = (_lazy("Held back"), {"fields": ["released"], "classes": ["term-side"]})
UNREADABLE = [
    (None, {"fields": ["seen", "source"], "classes": ["term-main"]}),
    READABLE[-1],
]


def _next_action(context, term) -> str:
    """Return the name of the button with the next step of this person."""
    if "conflict" in context:
        return "_continue"
    if term and context["stage"].name == REVIEW:
        return "review" if context["is_reviewer"] else "_continue"
    needs_review = context["stage"].standing.needed if term else context["asks_for_review"]
    if context.get("can_publish") and not needs_review:
        return "_publish"
    return "_review" if context["asks_for_review"] else "_continue"


class TermAdmin(
    TermListing, WithoutDeletion, Scoped, Publication, Addresses, Viewing, admin.ModelAdmin
):
    form = TermForm

    class Media:
        css = {"all": ["terms/prose.css"]}
        js = [
            "terms/edit.js",
            "terms/admin.js",
            "terms/drafts.js",
            "terms/names.js",
            "terms/choices.js",
            "terms/writing.js",
            Script("terms/vendor/markdown-toolbar-element.js", type="module"),
        ]

    # The form

    def get_form(self, request, obj=None, change=False, **options):
        form = super().get_form(request, obj, change, **options)
        form.user = request.user
        return form

    def formfield_for_foreignkey(self, field, request, **options):
        formfield = super().formfield_for_foreignkey(field, request, **options)
        if field.name in ("category", "vertical"):
            formfield.empty_label = _("none")
        if field.name == "owner":
            # Not limited by the admin of accounts, which most editors may not view.
            formfield.queryset = formfield.queryset.filter(is_active=True, is_staff=True)
        return formfield

    def formfield_for_dbfield(self, field, request, **options):
        formfield = super().formfield_for_dbfield(field, request, **options)
        if isinstance(getattr(formfield, "widget", None), RelatedFieldWidgetWrapper):
            formfield.widget.can_delete_related = False
            formfield.widget.can_view_related = False
            if field.name == "glossary":
                formfield.widget.can_add_related = formfield.widget.can_change_related = False
        return formfield

    def get_fieldsets(self, request, obj=None):
        if obj is not None and not self.has_change_permission(request, obj):
            return VIEWED
        if obj is not None and obj.problem:
            return UNREADABLE
        if obj is not None and obj.document().why_held_back(timezone.now()):
            return [READABLE[0], HELD_BACK, *READABLE[1:]]
        if obj is None and len(self._choices(request, Glossary)[:2]) > 1:
            return OF_SEVERAL  # not to be overlooked
        return READABLE

    def get_readonly_fields(self, request, obj=None):
        return ["glossary", "path"] if obj else []

    def get_changeform_initial_data(self, request):
        glossaries = self._choices(request, Glossary)
        chosen = glossaries.filter(pk=glossary_of(request.user)).first()
        first = chosen or glossaries.filter(slug=DEFAULT_SLUG).first() or glossaries.first()
        default = {"glossary": first.pk} if first else {}
        asked = super().get_changeform_initial_data(request)
        return {**default, **patterns.values_of(request.user, asked.pop("pattern", "")), **asked}

    def add_view(self, request, form_url="", extra_context=None):
        if not Glossary.objects.exists():
            text = _("There is no glossary yet. Create one first.")
            self.message_user(request, text, messages.WARNING)
            may_make = request.user.has_perm("terms.add_glossary")
            return HttpResponseRedirect(
                reverse("admin:terms_glossary_add" if may_make else "admin:index")
            )
        return super().add_view(request, form_url, extra_context)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        term = self.get_object(request, object_id) if object_id else None
        can_publish = self.has_publish_permission(request, term)
        context = {"can_publish": can_publish, **(extra_context or {})}
        if request.method == "GET" and "again" in request.GET:
            page = recovery.again(self, request, term, context)
            return page or HttpResponseRedirect(request.path)
        try:
            if object_id and term is None and request.method == "POST":
                raise Term.DoesNotExist
            return super().changeform_view(request, object_id, form_url, context)
        except (StaleWrite, Term.DoesNotExist):
            return self._collided(request, object_id, context)

    def _collided(self, request, object_id, context):
        """Handle a term that another person saved, created or deleted; no typed text is lost."""
        term = self.get_object(request, object_id) if object_id else None
        if term is not None:
            return conflicts.conflict_page(self, request, term.pk, context)
        if not object_id:
            text = _("Someone else has just created this term.")
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        gone = row_for(self, request, object_id, "change", Term.with_trash.all())
        return recovery.deleted_meanwhile(self, request, gone)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is None:
            context.update(surroundings.of_new(request, context))
        else:
            context.update(surroundings.of_term(request, obj, context))
        is_asked = context["stage"].standing.needed if obj else approvals.are_asked_for()
        context["asks_for_review"] = is_asked or not context.get("can_publish")
        is_in_review = obj is not None and context["stage"].name == REVIEW
        may_approve = is_in_review and may(request.user, "approve_term", obj)
        context["is_reviewer"] = may_approve and request.user.pk not in approvals.authors_of(obj)
        context["next_action"] = _next_action(context, obj)
        preview = reverse("admin:terms_term_preview")
        context["preview_address"] = f"{preview}?term={obj.pk}" if obj else preview
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, obj, form, change):
        draft = Draft(
            form.cleaned_data.get("path") or obj.path,
            self._with_header_keys(obj, form),
            Term(pk=obj.pk, glossary=obj.glossary, path=obj.path) if change else None,
            form.seen_version if change else 0,
        )
        saved = save_one(obj.glossary, draft, request.user, form.cleaned_data["reason"])
        if not change:
            obj.pk = saved.term
            obj._state.adding = False
        columns = {
            name: form.cleaned_data[name]
            for name in ("owner", "review_by")
            if name in form.changed_data
        }
        Term.objects.filter(pk=obj.pk).update(**columns) if columns else None
        obj.is_changed = bool(saved or columns or "other_names" in form.changed_data)
        for alias in form.cleaned_data.get("other_names", []):
            Alias.objects.filter(term=obj.pk, name=alias.name).update(kind=alias.kind)
        former = form.document.name if change else ""
        obj.refresh_from_db()
        read_notices(request.user, obj)
        self._offer_rename(request, obj, former)
        term = obj if change else None
        if recovery.UNDECIDED not in request.POST:
            autosave.discard_draft(request.user, term, recovery.slot_of(request, term))
        self._warn(request, obj)

    def _offer_rename(self, request, obj, former):
        """Offer to follow a new name in the other terms that are related to the old one."""
        if not former or former == obj.name or not self.has_publish_permission(request, obj):
            return
        if count := waiting_for(obj, former).count():
            text = ngettext(
                "The file of {count} term still calls it “{old}”."
                ' <a href="{url}">Rename it there, too</a>',
                "The files of {count} terms still call it “{old}”."
                ' <a href="{url}">Rename it there, too</a>',
                count,
            )
            url = reverse("admin:terms_term_refactor", args=[obj.pk])
            url = f"{url}?{urlencode({'follow': former})}"
            said = format_html(text, count=count, old=former, url=url)
            self.message_user(request, said, messages.WARNING)

    def _with_header_keys(self, obj, form):
        """Return the text to save, with owner and review date if its header has them."""
        names = {"owner", "review_by"} & set(form.changed_data)
        document = read_document(form.revision_text, form.cleaned_data.get("path") or obj.path)
        if not names or document.problem:
            return form.revision_text
        keys = keys_to_write(
            obj.glossary, document, form.cleaned_data["owner"], form.cleaned_data["review_by"]
        )
        try:
            return changed(document, keys=keys) if keys else form.revision_text
        except CannotSplice:
            return form.revision_text

    def _warn(self, request, obj):
        """Warn of values that are allowed but rarely intended."""
        same = Term.objects.filter(glossary=obj.glossary, name_key=obj.name_key)
        for other in same.exclude(pk=obj.pk)[:3]:
            text = format_html(
                _('There is another term named “{name}”: <a href="{url}">{path}</a>.'),
                name=other,
                url=reverse("admin:terms_term_change", args=[other.pk]),
                path=other.path,
            )
            self.message_user(request, text, messages.WARNING)
        if obj.version == 1 and (said := why_declined([obj.glossary], obj.name)):
            self.message_user(request, said, messages.WARNING)
        if obj.icon and icon_body(obj.icon) is None:
            text = _("There is no icon “{icon}”.").format(icon=obj.icon)
            self.message_user(request, text, messages.WARNING)

    def _ask_for_review(self, request, obj):
        if not obj.is_changed and obj.status == "live":
            text = _("“{term}” has not changed: there is nothing to review.").format(term=obj)
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(reverse("admin:terms_term_change", args=[obj.pk]))
        try:
            review_requests.submit(obj, request.user, request.POST.get("reason", ""))
            text = _("“{term}” was saved, and a review was requested.").format(term=obj)
            self.message_user(request, text)
        except review_requests.CannotReview as error:
            text = _("“{term}” is saved. {problem}").format(term=obj, problem=error)
            self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:terms_term_review", args=[obj.pk]))

    def response_change(self, request, obj):
        if "_review" in request.POST:
            return self._ask_for_review(request, obj)
        if "_publish" in request.POST:
            self.publish_term(request, obj)
            return HttpResponseRedirect(request.path)
        if obj.is_changed and {"_continue", "_save"} & request.POST.keys():
            self.message_user(request, _("“{term}” is saved.").format(term=obj))
            if "_continue" in request.POST:
                return HttpResponseRedirect(request.path)
            return self.response_post_save_change(request, obj)
        if not obj.is_changed:
            self.message_user(request, _("Nothing was changed in “{term}”.").format(term=obj))
            if "_continue" in request.POST:
                return HttpResponseRedirect(request.path)
            return self.response_post_save_change(request, obj)
        return super().response_change(request, obj)

    def response_add(self, request, obj, post_url_continue=None):
        if "_review" in request.POST:
            return self._ask_for_review(request, obj)
        if "_publish" in request.POST:
            self.publish_term(request, obj)
            return HttpResponseRedirect(reverse("admin:terms_term_change", args=[obj.pk]))
        if "_continue" in request.POST:
            self.message_user(request, _("“{term}” is saved as a draft.").format(term=obj))
            return HttpResponseRedirect(reverse("admin:terms_term_change", args=[obj.pk]))
        return super().response_add(request, obj, post_url_continue)

    def delete_view(self, request, object_id, extra_context=None):
        return trash.delete_page(self, request, object_id)

    def history_view(self, request, object_id, extra_context=None):
        return history.history_page(self, request, object_id, extra_context)
