"""The readers' addresses. A term's own one holds its category and vertical."""

from django.urls import path, register_converter

from . import views
from .converters import AddressPart

register_converter(AddressPart, "part")

urlpatterns = [
    path("", views.front, name="front"),
    path("<slug:glossary>/", views.home, name="glossary"),
    path("<slug:glossary>/<part:slug>/", views.short, name="short"),
    path("<slug:glossary>/<part:category>/<part:vertical>/", views.vertical, name="vertical"),
    path("<slug:glossary>/<part:category>/<part:vertical>/<part:slug>/", views.term, name="term"),
]
