"""Accounts and roles, everywhere or in a part of the glossary."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from terms.models import Grant
from terms.people.roles import ROLES, sort_roles

from .groups import harmless_groups
from .lists import Listed
from .recorded import Recorded
from .rows import Rows

PERSON = (_("Person"), {"fields": ("first_name", "last_name", "email")})
WORDS = {
    "is_active": (_("May log in"), _("Clear this instead of deleting the account.")),
    "is_staff": (_("May use the admin"), ""),
    "is_superuser": (_("May do everything"), _("Has all permissions, whatever the roles.")),
    "user_permissions": (_("Permissions"), _("In addition to those of the roles.")),
    "username": (_("User name"), ""),
}  # fields of Django's account: label, help text


def _is_more_than_roles(person):
    """Return whether the account has permissions beyond roles. Only superusers change it."""
    others = person.groups.exclude(pk__in=harmless_groups())
    return person.is_superuser or others.exists() or person.user_permissions.exists()


class RolesField(forms.ModelMultipleChoiceField):
    """Groups with a description of their permissions."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, group):
        what = ROLES.get(group.name)
        return f"{group}: {what}" if what else str(group)


class GrantInline(Rows):
    model = Grant

    def get_queryset(self, request):
        return super().get_queryset(request).filter(glossary__deleted_at=None)

    def formfield_for_foreignkey(self, field, request, **options):
        if field.name == "role":
            options["queryset"] = Group.objects.filter(name__in=ROLES)
        if field.name == "category":
            options["empty_label"] = _("all categories")
        return super().formfield_for_foreignkey(field, request, **options)

    verbose_name_plural = _("Roles in one glossary or category only")


class PersonAdmin(Recorded, Listed, UserAdmin):
    """Administrators manage accounts and roles.

    Only superusers create or change superusers and grant single permissions, so no role can gain
    more than its permissions.
    """

    add_form = UserCreationForm  # accounts without a password are not offered
    inlines = [GrantInline]
    list_display = ["username", "first_name", "last_name", "email", "roles", "login"]
    list_filter = ["groups", "is_active"]
    readonly_fields = ["password_state"]
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2")}),
        PERSON,
        (None, {"fields": ("groups",)}),
    )

    @admin.display(description=_("password"))
    def password_state(self, obj):
        """Link to the page that sets a password, instead of showing how it is stored."""
        words = _("Set another password") if obj.has_usable_password() else _("Set a password")
        return format_html('<a href="{}">{}</a>', "../password/", words)

    @admin.display(description=_("roles"))
    def roles(self, obj):
        everywhere = [str(_("may do everything"))] if obj.is_superuser else []
        everywhere += [group.name for group in obj.groups.all()]
        parts = [grant.words for grant in obj.grants.all()]
        return ", ".join([*everywhere, *parts])

    @admin.display(description=_("login"), ordering="is_active")
    def login(self, obj):
        return _("may log in") if obj.is_active else _("locked")

    def get_queryset(self, request):
        related = ("groups", "grants__role", "grants__glossary", "grants__category")
        return super().get_queryset(request).prefetch_related(*related)

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return self.add_fieldsets
        sets = (
            (None, {"fields": ("username", "password_state")}),
            PERSON,
            (_("Roles"), {"fields": ("is_active", "is_staff", "groups")}),
        )
        more = (
            _("Individual permissions"),
            {"fields": ("is_superuser", "user_permissions"), "classes": ["collapse"]},
        )
        return (*sets, more) if request.user.is_superuser else sets

    def formfield_for_dbfield(self, field, request, **options):
        if field.name != "groups":
            if field.name in WORDS:
                options["label"], options["help_text"] = WORDS[field.name]
            return super().formfield_for_dbfield(field, request, **options)
        groups = sort_roles(Group.objects.all())
        if not request.user.is_superuser:
            # Other groups may have any permission.
            groups = groups.filter(pk__in=harmless_groups())
        label = _("Roles in all glossaries, and groups")
        return RolesField(queryset=groups, label=label, required=False)

    def has_change_permission(self, request, obj=None):
        if obj is not None and not request.user.is_superuser and _is_more_than_roles(obj):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        # Texts refer to the accounts of their authors. Unused accounts are deactivated.
        return False

    def user_change_password(self, request, id, form_url=""):
        if not self.has_change_permission(request, self.get_object(request, id)):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def response_add(self, request, obj, post_url_continue=None):
        # Django shows the account again for what its own form of new accounts lacks.
        return admin.ModelAdmin.response_add(self, request, obj, post_url_continue)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.is_staff = True  # accounts are for editing; readers need none
        super().save_model(request, obj, form, change)
