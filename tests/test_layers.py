"""Rules of the code's structure: which packages import which, and which modules write a table.

Each rule is also tested on small sources that break it.
"""

import ast
from fnmatch import fnmatch

import pytest
from django.apps import apps

from tests.architecture import ROOT, Source, names_used, reached, sources, written

# Package → packages that it may import, from the lowest layer up.
MAY_IMPORT = {
    # Pure: no Django, no disk, no clock.
    "addresses": "",
    "formats": "",
    "languages": "",
    "rendering": "",
    # Data
    "models": "addresses formats",
    "people": "models formats",
    "media": "models rendering",
    "search": "models formats rendering",
    # Features
    "review": "models formats people",
    "pages": "models addresses languages media rendering search",
    "editing": "models addresses formats people rendering search",
    "files": "models formats rendering editing media",
    "quality": "models addresses formats rendering editing media",
    "publishing": "models addresses formats rendering languages media people search review pages"
    " editing quality",
    "changes": "models addresses formats rendering media people review pages editing publishing",
    "interchange": "models formats rendering people media review files editing quality changes"
    " publishing",
    "jobs": "models people review pages editing files publishing changes interchange",
    # Interfaces
    "admin": "models addresses formats rendering languages media people review editing quality"
    " publishing changes files interchange jobs",
    "web": "models addresses formats people search review pages editing changes interchange jobs",
    "management": "models formats languages media people pages editing files quality publishing"
    " changes interchange jobs",
    "apps": "models formats admin management",
}
PURE = ("addresses", "formats", "languages", "rendering")
# Pure package → modules outside the project that it may import.
PURE_LIBRARIES = {
    "addresses": "re collections functools typing urllib.parse",
    # Dates are compared with a time that the caller gives.
    "formats": "bisect re json collections dataclasses difflib hashlib html itertools operator"
    " posixpath typing unicodedata functools urllib.parse pathlib.PurePosixPath frontmatter yaml"
    " datetime.datetime datetime.UTC",
    # Both read data files of their own folder, once.
    "languages": "re collections dataclasses functools itertools typing unicodedata gettext"
    " importlib.util.find_spec"
    " datetime.date pathlib.Path babel pypinyin",
    "rendering": "bisect re json collections dataclasses functools html itertools operator typing"
    " posixpath unicodedata urllib.parse importlib.resources ahocorasick_rs nh3 pygments pyromark",
}

# Modules that serve readers, and the models that they may use.
READERS = ("terms.pages.*", "terms.search.*", "terms.web.page_*", "terms.web.views")
READERS_MODELS = {
    "Address", "Glossary", "Mention", "Page", "PageWrite", "Picture", "PublishedClass",
    "PublishedName", "PublishedRelation", "PublishedTerm", "SearchMiss", "Site", "Unfinished",
    "Withdrawal",
}  # fmt: skip

# Models → the only modules that may write their tables.
WRITERS = {
    ("Revision",): ("terms.editing.gate",),
    ("Detail", "Relation"): ("terms.editing.index",),
    ("PublishedTerm", "PublishedClass", "PublishedName", "PublishedRelation", "Withdrawal"): (
        "terms.publishing.*",
    ),
    ("Mention",): ("terms.publishing.mentions",),
    ("Address",): ("terms.publishing.rows",),
    ("Page", "PageWrite"): ("terms.pages.store",),
}
SOURCES = sources("terms", "glossary_cms")
ids = {"ids": lambda source: source.module}


def all_models() -> set[str]:
    return {model.__name__ for model in apps.get_app_config("terms").get_models()}


def accessors() -> dict[str, str]:
    """Return name of a related manager → model."""
    return {
        relation.get_accessor_name(): relation.related_model.__name__
        for model in apps.get_models()
        for relation in model._meta.related_objects
        if relation.related_model._meta.app_label == "terms"
    }


# The rules: each returns the violations in one source.


def forbidden_imports(source):
    """Return the imported packages that ``MAY_IMPORT`` does not allow."""
    here = source.package
    if here in ("glossary_cms", "__init__"):
        return []
    allowed = {here, *MAY_IMPORT[here].split()}
    packages = {
        name.split(".")[1]
        for name in reached(source)
        if name.startswith("terms.") and not name.startswith("terms.migrations")
    }
    wiring = {name for name in names_used(source).values() if name.startswith("glossary_cms")}
    return sorted((packages - allowed) | wiring)


def impure_imports(source):
    """Return the imports of a pure package that ``PURE_LIBRARIES`` does not allow."""
    if source.package not in PURE:
        return []
    allowed = PURE_LIBRARIES[source.package].split()
    return sorted(
        name
        for name in names_used(source).values()
        if not name.startswith("terms.")
        and not any(f"{name}.".startswith(f"{library}.") for library in allowed)
    )


def editors_models_seen(source):
    """Return the editors' models that a module for readers uses."""
    if not any(fnmatch(source.module, pattern) for pattern in READERS):
        return []
    named = {part for name in reached(source) for part in name.split(".") if "terms" in name}
    return sorted((named & all_models()) - READERS_MODELS)


def written_elsewhere(source):
    """Return the models that ``source`` writes without being listed in ``WRITERS``."""
    found = []
    for models, modules in WRITERS.items():
        if not any(fnmatch(source.module, pattern) for pattern in modules):
            found += written(source, set(models), accessors())
    return sorted(set(found))


def withdrawn_without_approval(source):
    """Return uses of ``withdraw`` outside the modules that check approvals."""
    if source.module in (
        "terms.publishing.publish", "terms.changes.removals", "terms.changes.trash",
        "terms.changes.change_sets",
    ):  # fmt: skip
        return []
    return [name for name in reached(source) if name == "terms.publishing.publish.withdraw"]


def declared_safe(source):
    """Return names that declare text safe HTML, outside the modules that escape."""
    allowed = ("terms.pages.jinja", "terms.admin.tags")
    words = {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Name | ast.Attribute)
    }
    banned = {"mark_safe"} | (
        set() if source.module in allowed else {"Markup", "SafeString", "SafeText"}
    )
    return sorted(banned & words)


def long_functions(source):
    return [
        node.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= 40
    ]


LAWS = (
    forbidden_imports, impure_imports, editors_models_seen, written_elsewhere,
    withdrawn_without_approval, declared_safe, long_functions,
)  # fmt: skip


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_code_follows_rule(law):
    assert {source.module: found for source in SOURCES if (found := law(source))} == {}


def test_every_package_is_listed():
    packages = {source.package for source in SOURCES} - {"glossary_cms", "__init__"}
    assert packages == set(MAY_IMPORT)


def test_packages_import_only_lower_layers():
    """Each package imports only packages listed above it."""
    order = list(MAY_IMPORT)
    upwards = [
        (package, other)
        for package, allowed in MAY_IMPORT.items()
        for other in allowed.split()
        if order.index(other) > order.index(package)
    ]
    assert upwards == []


def test_templates_do_not_mark_text_safe():
    for path in (ROOT / "templates").rglob("*.html"):
        assert "|safe}" not in path.read_text().replace(" ", "")


BREACHES = [
    (forbidden_imports, "terms.search.readers", "from terms.review import requests"),
    (forbidden_imports, "terms.models.term", "import terms.editing.gate"),
    (forbidden_imports, "terms.editing.gate", "import terms\nterms.publishing.publish.publish()"),
    (forbidden_imports, "terms.pages.feeds", "from terms import review\nreview.comments"),
    (forbidden_imports, "terms.changes.trash", "from ..admin.terms import TermAdmin"),
    (forbidden_imports, "terms.web.views", "from terms.publishing.publish import publish"),
    (forbidden_imports, "terms.editing.gate", "def save():\n    from terms.changes import trash"),
    (forbidden_imports, "terms.people.permissions", "from glossary_cms import settings"),
    (impure_imports, "terms.formats.document", "from django.db import models"),
    (impure_imports, "terms.rendering.markdown", "import os"),
    (impure_imports, "terms.formats.paths", "from pathlib import Path"),
    (impure_imports, "terms.languages.collation", "from datetime import datetime"),
    (editors_models_seen, "terms.search.readers", "from terms import models\nmodels.Term.objects"),
    (editors_models_seen, "terms.pages.feeds", "from terms.models import Comment"),
    (editors_models_seen, "terms.pages.feeds", "from terms.models.term import Term as T"),
    (editors_models_seen, "terms.web.page_reader", "import terms.models\nterms.models.Revision"),
    (
        written_elsewhere,
        "terms.review.worklists",
        "from terms.models import Revision\nfrom terms.models.bulk import insert_rows\n"
        "insert_rows(Revision, ('text',), [])",
    ),
    (
        written_elsewhere,
        "terms.admin.views.work",
        "from terms import models\nfrom terms.models import bulk\n"
        "bulk.update_rows(models.Revision, ('text',), ('id',), [])",
    ),
    (written_elsewhere, "terms.files.importing", "from terms.models import Term\n"
        "def act(term: Term):\n    term.revisions.create(text='')"),
    (written_elsewhere, "terms.web.guests", "from terms.models import Page\n"
        "Page.objects.filter(path='/').update(body=b'')"),
    (written_elsewhere, "terms.changes.trash", "from terms.models import PublishedTerm\n"
        "def act():\n    gone = PublishedTerm.objects.all()\n    gone.delete()"),
    (written_elsewhere, "terms.changes.trash", "from terms.models import PublishedTerm\n"
        "for term in PublishedTerm.objects.all():\n    term.save()"),
    (written_elsewhere, "terms.changes.trash", "from terms.models import PublishedTerm\n"
        "def act(term: PublishedTerm) -> None:\n    term.name = 'B'\n    term.save()"),
    (written_elsewhere, "terms.editing.index", "from django.db import connection\n"
        "connection.cursor().execute('UPDATE terms_revision SET text = 1')"),
    (written_elsewhere, "terms.people.audit_log", "from django.db import connection\n"
        "connection.cursor().execute(f'INSERT OR IGNORE INTO \"terms_page\" VALUES ({1})')"),
    (written_elsewhere, "terms.pages.lists", "from terms.models import Page as P\n"
        "P.objects.bulk_create([])"),
    (withdrawn_without_approval, "terms.admin.views.bulk", "from terms.publishing import publish\n"
        "publish.withdraw(1)"),
    (withdrawn_without_approval, "terms.management.due",
        "from terms.publishing.publish import withdraw as w"),
    (declared_safe, "terms.admin.terms", "from django.utils.safestring import mark_safe as m\n"
        "mark_safe('')"),
    (declared_safe, "terms.pages.term", "import markupsafe\nmarkupsafe.Markup('')"),
    (long_functions, "terms.admin.terms", "def act():\n" + "    act()\n" * 41),
]  # fmt: skip


@pytest.mark.parametrize(("law", "module", "text"), BREACHES)
def test_violation_is_found(law, module, text):
    assert law(Source(module, text))


def test_reading_rows_is_allowed():
    text = (
        "from terms.models import Page, PublishedTerm, Revision\n"
        "found = {}\nfound.update(x=PublishedTerm.objects.first())\n"
        "Page.objects.filter(path='/').values_list('path')\n"
        "seen = set()\nseen.update(Revision.objects.values_list('pk'))"
    )
    assert not written_elsewhere(Source("terms.changes.trash", text))


def test_public_names_are_unique():
    """Of classes and functions. Constants may repeat in other modules."""
    modules = {}
    for source in sources("terms"):
        for node in source.tree.body:
            is_named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if is_named and not node.name.startswith("_") and ".commands." not in source.module:
                modules.setdefault(node.name, []).append(source.module)
    assert {name: where for name, where in modules.items() if len(where) > 1} == {}
