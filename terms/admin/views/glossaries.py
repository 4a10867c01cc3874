"""Deleting a glossary, after everything that goes with it was listed and its name was typed."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from terms.changes.glossaries import CannotDelete, delete_glossary, losses, restore_glossary
from terms.jobs.kinds import MANY
from terms.jobs.starting import start_job
from terms.models import Glossary, PublishedTerm
from terms.publishing.rebuild import rebuild

from .page import admin_page, row_for, undo_by_post


def delete_glossary_page(model_admin, request, object_id):
    """Ask for the name of the glossary, then delete it."""
    glossary = row_for(model_admin, request, object_id, "delete")
    typed = request.POST.get("name", "")
    problem = ""
    if request.method == "POST":
        if " ".join(typed.split()) == " ".join(glossary.name.split()):
            return _delete(model_admin, request, glossary)
        problem = _("Enter “{name}”, the name of the glossary.").format(name=glossary.name)
    title = _("Delete {glossary}?").format(glossary=glossary)
    return admin_page(
        model_admin, request, "glossary/delete", title, glossary=glossary, problem=problem,
        losses=losses(glossary), typed=typed, days=Glossary.KEPT.days,
    )  # fmt: skip


def _delete(model_admin, request, glossary):
    try:
        deleted = delete_glossary(glossary, request.user)
    except CannotDelete as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(reverse("admin:terms_glossary_change", args=[glossary.pk]))
    _update_pages(model_admin, request, deleted)
    undo = undo_by_post(reverse("admin:terms_term_trash"), "glossary", deleted.pk)
    text = _("“{glossary}” was deleted. It can be restored from the trash for {days} days. {undo}")
    said = format_html(text, glossary=deleted, days=Glossary.KEPT.days, undo=undo)
    model_admin.message_user(request, said)
    return HttpResponseRedirect(reverse("admin:terms_glossary_changelist"))


def restore_deleted(model_admin, request, pk):
    """Restore the deleted glossary with this id, and report it."""
    glossary = Glossary.with_deleted.deleted().filter(pk=pk).first()
    try:
        if glossary is None:
            raise CannotDelete(_("It is no longer in the trash."))
        restored = restore_glossary(glossary, request.user)
    except CannotDelete as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return
    _update_pages(model_admin, request, restored)
    url = reverse("admin:terms_glossary_change", args=[restored.pk])
    text = _('<a href="{url}">“{glossary}”</a> was restored, with its terms and pages.')
    model_admin.message_user(request, format_html(text, url=url, glossary=restored))


def _update_pages(model_admin, request, glossary):
    """Make or remove the pages of a glossary; of many terms, in a job."""
    if PublishedTerm.objects.of(glossary).count() <= MANY:
        rebuild(glossary)
        return
    start_rebuilding(model_admin, request, glossary)


def start_rebuilding(model_admin, request, glossary):
    """Start the job that makes the pages of a glossary, or removes those of a deleted one."""
    title = (
        _("{glossary}: remove readers’ pages")
        if glossary.deleted_at
        else _("{glossary}: rebuild readers’ pages")
    )
    job = start_job("rebuild", glossary, request.user, {}, title.format(glossary=glossary.name))
    url = reverse("admin:terms_job_change", args=[job.pk])
    text = (
        _('Readers’ pages are being removed: <a href="{url}">see the progress</a>.')
        if glossary.deleted_at
        else _('Readers’ pages are being rebuilt: <a href="{url}">see the progress</a>.')
    )
    model_admin.message_user(request, format_html(text, url=url))
