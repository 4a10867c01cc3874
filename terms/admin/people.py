"""Accounts and what they may do: roles everywhere, or in parts of the glossary."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied

from terms.models import Grant

ROLES = ("Author", "Reviewer", "Publisher", "Administrator")


def _is_more_than_roles(person):
    """Whether somebody has rights that no role gives: these only superusers change."""
    others = person.groups.exclude(name__in=ROLES)
    return person.is_superuser or others.exists() or person.user_permissions.exists()


class GrantInline(admin.TabularInline):
    model = Grant
    extra = 0

    def formfield_for_foreignkey(self, field, request, **options):
        if field.name == "role":
            options["queryset"] = Group.objects.filter(name__in=ROLES)
        return super().formfield_for_foreignkey(field, request, **options)

    verbose_name_plural = "Roles in one glossary or category only"


class PersonAdmin(UserAdmin):
    """Administrators keep accounts and roles. Only superusers make superusers, change
    them, or give single permissions: no way leads from a role to more than it is."""

    inlines = [GrantInline]
    list_display = ["username", "first_name", "last_name", "email", "roles", "is_active"]
    list_filter = ["groups", "is_active", "is_superuser"]
    add_fieldsets = ((None, {"fields": ("username", "usable_password", "password1", "password2")}),)

    @admin.display(description="roles")
    def roles(self, obj):
        everywhere = [group.name for group in obj.groups.all()]
        parts = [str(grant).partition(": ")[2] for grant in obj.grants.all()]
        return ", ".join([*everywhere, *parts])

    def get_queryset(self, request):
        related = ("groups", "grants__role", "grants__glossary", "grants__category")
        return super().get_queryset(request).prefetch_related(*related)

    def get_inlines(self, request, obj):
        return self.inlines if obj else []  # first the account, then what it may

    def get_fieldsets(self, request, obj=None):
        if obj is None or request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        return (
            (None, {"fields": ("username", "password")}),
            ("Person", {"fields": ("first_name", "last_name", "email")}),
            ("Roles everywhere", {"fields": ("is_active", "is_staff", "groups")}),
        )

    def formfield_for_manytomany(self, field, request, **options):
        if field.name == "groups" and not request.user.is_superuser:
            # A group of the superusers' own may hold any right.
            options["queryset"] = Group.objects.filter(name__in=ROLES)
        return super().formfield_for_manytomany(field, request, **options)

    def has_change_permission(self, request, obj=None):
        if obj is not None and not request.user.is_superuser and _is_more_than_roles(obj):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        # What somebody wrote names them; an account that is no longer used is made inactive.
        return False

    def user_change_password(self, request, id, form_url=""):
        if not self.has_change_permission(request, self.get_object(request, id)):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.is_staff = True  # an account is for editing; readers need none
        super().save_model(request, obj, form, change)
