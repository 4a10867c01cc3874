"""What a mixin for an admin builds on: types know it as an admin, at runtime it is none."""

from typing import TYPE_CHECKING

from django.contrib import admin

if TYPE_CHECKING:
    Mixin = admin.ModelAdmin
else:
    Mixin = object
