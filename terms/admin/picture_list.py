"""The pictures of a glossary in the admin: where they are shown; replacing and deleting them."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from terms.changes.operation import CannotRefactor
from terms.changes.pictures import (
    delete_picture,
    move_pictures_beside,
    plan_pictures_beside,
    replace_picture,
)
from terms.editing.numbers import number_in
from terms.media.pictures import MAX_BYTES, BadPicture
from terms.media.uploads import picture_facts
from terms.media.uses import PictureUse, uses_of
from terms.models import Glossary, Picture, Term
from terms.people.permissions import rights

from .permissions import Scoped
from .views.page import admin_page, effects, row_for
from .views.picture_upload import picture_upload_view

MOST_USES = 5  # terms in one row of the list
NEEDED = {"view": "view_term", "add": "publish_term", "change": "publish_term"}


class PictureForm(forms.ModelForm):
    content = forms.FileField(
        label=_lazy("New picture"),
        required=False,
        help_text=_lazy("It gets the same path. Published terms show it at once."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )

    class Meta:
        model = Picture
        fields: list[str] = []


class PictureList(ChangeList):
    """The list, with the terms that show each picture of the page."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        by_glossary = {}
        for picture in self.result_list:
            by_glossary.setdefault(picture.glossary, []).append(picture)
        for glossary, pictures in by_glossary.items():
            uses = uses_of(glossary, [picture.path for picture in pictures])
            for picture in pictures:
                picture.uses = uses[picture.path]


class PictureAdmin(Scoped, admin.ModelAdmin):
    form = PictureForm
    empty_words = _lazy(
        "No pictures yet. Add them here, or drop a picture into the text of a term."
    )
    list_display = ["thumbnail", "path", "size", "alternative", "shown_in"]
    list_display_links = ["thumbnail", "path"]
    list_filter = ["glossary"]
    list_select_related = ["glossary"]
    list_per_page = 50
    search_fields = ["path"]
    ordering = ["path"]
    fields = ["thumbnail", "path", "size", "alternative", "shown_in", "content"]
    readonly_fields = ["thumbnail", "path", "size", "alternative", "shown_in"]
    change_form_template = "admin/terms/picture/change_form.html"
    change_list_template = "admin/terms/picture/change_list.html"

    class Media:
        css = {"all": ["terms/admin.css"]}

    # Rights: pictures belong to the terms of their glossary.

    def rights(self, request, action):
        return rights(request.user, NEEDED.get(action, "publish_term"))

    def has_add_permission(self, request):
        return False  # they are uploaded in the text of a term

    def get_actions(self, request, action_location=None):
        return {}

    def get_changelist(self, request, **options):
        return PictureList

    # Columns

    @admin.display(description=_lazy("picture"))
    def thumbnail(self, obj):
        address = reverse("picture", args=[obj.file])
        return format_html(
            '<img class="term-thumbnail" src="{}" alt="{}" loading="lazy">', address, obj.path
        )

    @admin.display(description=_lazy("size"))
    def size(self, obj):
        facts = picture_facts(obj.file)
        if facts is None:
            return _("not stored any more")
        width, height, count = facts
        return _("{width} × {height} pixels, {size:,} KB").format(
            width=width, height=height, size=max(1, round(count / 1024))
        )

    @admin.display(description=_lazy("alternative text"))
    def alternative(self, obj):
        texts = dict.fromkeys(use.alternative for use in _uses(obj))
        return format_html_join(
            "", "<div>{}</div>", ((text or _("none"),) for text in list(texts)[:MOST_USES])
        ) or "–"  # fmt: skip

    @admin.display(description=_lazy("shown in"))
    def shown_in(self, obj):
        uses = _uses(obj)
        if not uses:
            return _("no term")
        rows = [
            (reverse("admin:terms_term_change", args=[use.term]), use.name, _state(use))
            for use in uses[:MOST_USES]
        ]
        links = format_html_join("", '<div><a href="{}">{}</a> <small>{}</small></div>', rows)
        more = len(uses) - len(rows)
        if not more:
            return links
        text = ngettext("and {count} more term", "and {count} more terms", more)
        return format_html("{}<div>{}</div>", links, text.format(count=more))

    # Replacing and deleting

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        context = {"show_save_and_continue": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request, obj, form, change):
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        obj.is_replaced = False
        upload = form.cleaned_data["content"]
        if upload is None:
            return
        try:
            refusals = replace_picture(obj, upload.read(MAX_BYTES + 1), request.user)
        except (BadPicture, CannotRefactor) as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        obj.is_replaced = True
        for refusal in refusals:
            self.message_user(request, f"{refusal.term}: {refusal.reason}", messages.WARNING)

    def log_change(self, request, obj, message):
        """The log of the glossary has it."""

    def response_change(self, request, obj):
        if obj.is_replaced:
            text = _("“{path}” was replaced. The next export writes it to the folder.")
            self.message_user(request, text.format(path=obj.path))
        return HttpResponseRedirect(request.path)

    def delete_view(self, request, object_id, extra_context=None):
        picture = row_for(self, request, object_id, "delete")
        if request.method == "POST":
            try:
                delete_picture(picture, request.user)
            except CannotRefactor as error:
                self.message_user(request, str(error), messages.ERROR)
                return HttpResponseRedirect(
                    reverse("admin:terms_picture_change", args=[picture.pk])
                )
            text = _("“{path}” was deleted. The next export removes it from the folder.")
            self.message_user(request, text.format(path=picture.path))
            return HttpResponseRedirect(reverse("admin:terms_picture_changelist"))
        title = _("Delete {path}?").format(path=picture.path)
        return admin_page(
            self, request, "picture/delete", title, picture=picture, uses=_uses(picture)
        )

    # Uploads of older versions

    def get_urls(self):
        view = self.admin_site.admin_view(self.beside_view)
        upload = self.admin_site.admin_view(picture_upload_view)
        return [
            path("beside/", view, name="terms_picture_beside"),
            path("upload/", upload, {"model_admin": self}, name="terms_picture_upload"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        terms = Term.objects.filter(body__contains="/media/terms/")
        glossaries = Glossary.objects.filter(pk__in=terms.values("glossary")).order_by("name")
        elsewhere = self.rights(request, "change").among(glossaries)
        may_upload = bool(rights(request.user, "add_term"))
        context = {
            "title": _("Pictures"), "elsewhere": elsewhere, "may_upload": may_upload,
            **(extra_context or {}),
        }  # fmt: skip
        return super().changelist_view(request, context)

    @property
    def beside_view(self):
        @require_http_methods(["GET", "HEAD", "POST"])
        def view(request):
            """List what moving uploaded pictures beside the files changes, and do it."""
            if not self.rights(request, "change"):
                raise PermissionDenied
            asked = number_in(request.GET.get("glossary", ""))
            found = self.rights(request, "change").among(Glossary.objects.all())
            glossary = found.filter(pk=asked).first()
            if glossary is None:
                return HttpResponseRedirect(reverse("admin:terms_picture_changelist"))
            if request.method == "POST":
                return self._moved(request, glossary)
            operation, made = plan_pictures_beside(glossary)
            context = {"made": made, **effects(request, operation)}
            title = _("Move pictures beside the files")
            return admin_page(self, request, "picture/beside", title, **context)

        return view

    def _moved(self, request, glossary):
        try:
            change_set = move_pictures_beside(
                glossary, request.user, request.POST.get("confirm") or "-"
            )
        except CannotRefactor as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        text = _("The pictures are beside the files. Publish the change set to show the new texts.")
        self.message_user(request, text)
        url = reverse("admin:terms_changeset_change", args=[change_set.pk])
        return HttpResponseRedirect(url)


def _uses(picture: Picture) -> list[PictureUse]:
    found = getattr(picture, "uses", None)
    if found is None:
        found = uses_of(picture.glossary, [picture.path])[picture.path]
        picture.uses = found  # type: ignore[attr-defined]
    return found


def _state(use: PictureUse) -> str:
    if use.is_live and use.is_newest:
        return _("published")
    return _("published text only") if use.is_live else _("draft")
