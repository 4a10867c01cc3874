"""The base class of mixins for model admins: ModelAdmin for type checkers, object at runtime."""

from typing import TYPE_CHECKING

from django.contrib import admin

if TYPE_CHECKING:
    Mixin = admin.ModelAdmin
else:
    Mixin = object
