"""URLs of public pages that depend on the request; stored pages have no patterns of their own."""

from django.urls import path, register_converter

from . import git_hooks, guests, suggestions, views
from .converters import PagePath

register_converter(PagePath, "page")

urlpatterns = [
    path("hooks/git/<slug:glossary>", git_hooks.git_hook, name="git-hook"),
    path("preview/<str:token>/", guests.guest_page, name="guest"),
    path("preview/<str:token>/<page:path>", guests.preview_page, name="guest-page"),
    path("<slug:glossary>/search", views.search_page, name="search"),
    path("<slug:glossary>/suggest", views.suggestions, name="suggest"),
    path("<slug:glossary>/suggestion", suggestions.suggestion_page, name="suggestion"),
    path("", views.stored_page, name="front"),
    path("<page:path>", views.stored_page, name="page"),
]
