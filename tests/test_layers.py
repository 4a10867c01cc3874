"""Who may import whom: GROUND ← CORE ← WORK ← DOORS ← glossary_cms, and two lines more."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

GROUND = {"formats", "rendering"}
CORE = {
    "addresses",
    "durable",
    "alphabet",
    "generation",
    "icons",
    "models",
    "limits",
    "networks",
    "numbers",
    "planner",
    "search",
    "wording",
}
WORK = {
    "backups", "building", "checking", "checks", "differences", "editing", "exporting", "finding", "folders",
    "free_addresses", "deriving", "published_links", "import_plan", "importing", "indexing", "linking", "live", "looking_up", "mentioning", "noting", "published_names", "published_relations", "published_rows", "previewing", "publishing", "quality", "approvals", "change_sets", "refactoring", "rewording", "bulk_editing", "splitting", "commenting", "notifying", "pictures", "recording", "renaming", "reviewing", "scheduling", "rights", "stages", "suggesting", "trashing", "unsaved", "worklists", "removals", "site",
}  # fmt: skip
DOORS = {
    "admin", "apps", "converters", "due", "forms", "guests", "management", "newsroom", "passage_choice", "reader_suggestions", "shown", "site_templates",
    "templatetags", "urls", "views", "web", "widgets",
}  # fmt: skip
WIRING = {"glossary_cms"}

# What GROUND may use beside the standard library.
GROUND_LIBRARIES = {
    "formats": {"frontmatter", "yaml"},
    "rendering": {"ahocorasick_rs", "nh3", "pygments", "pyromark"},
}
NOT_IN_GROUND = {"os", "io", "time", "datetime", "socket", "subprocess", "random"}

# Doors lead to work, not to each other; these belong together.
BETWEEN_DOORS = {
    ("admin", "forms"), ("admin", "widgets"), ("forms", "widgets"), ("forms", "shown"), ("forms", "passage_choice"), ("admin", "passage_choice"), ("shown", "widgets"), ("urls", "views"), ("urls", "guests"), ("urls", "converters"),
    ("templatetags", "site_templates"), ("views", "web"), ("guests", "views"), ("urls", "reader_suggestions"), ("reader_suggestions", "widgets"), ("reader_suggestions", "site_templates"), ("guests", "site_templates"), ("views", "site_templates"),
}  # fmt: skip

# The readers' side cannot see the editors'.
READERS = [
    "terms/views.py", "terms/urls.py", "terms/finding.py", "terms/linking.py", "terms/search.py",
    "terms/building.py",
    "terms/models/published.py", "terms/models/site.py",
    *(f"terms/{room}/{path.name}" for room in ("site", "web") for path in (ROOT / "terms" / room).glob("*.py")),
]  # fmt: skip
EDITORS_MODELS = {
    "Alias", "ChangeSet", "Grant", "Detail", "MentionDecision", "Relation", "Revision", "Term",
}  # fmt: skip

FILES = sorted((ROOT / "terms").rglob("*.py")) + sorted((ROOT / "glossary_cms").glob("*.py"))
FILES = [path for path in FILES if "migrations" not in path.parts]


def imports(path):
    """(module, names) of each import in a file, as absolute dotted paths."""
    package = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    package = (
        package.removesuffix(".__init__") if path.stem == "__init__" else package.rpartition(".")[0]
    )
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ()
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            names = tuple(alias.name for alias in node.names)
            yield module, names
            for name in names:
                yield f"{module}.{name}", ()


def room(module):
    parts = module.split(".")
    return parts[1] if parts[0] == "terms" and len(parts) > 1 else parts[0]


def layer(name):
    layers = [GROUND, CORE, WORK, DOORS, WIRING]
    return next((number for number, rooms in enumerate(layers) if name in rooms), None)


def name_of(path):
    return room(".".join(path.relative_to(ROOT).with_suffix("").parts))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path):
    here = name_of(path)
    if here == "__init__":
        return
    assert layer(here) is not None, f"{here} has no layer"
    for module, _ in imports(path):
        there = room(module)
        if there == here or layer(there) is None:
            continue
        assert layer(there) <= layer(here), f"{here} imports {there}"
        if layer(there) == layer(here) == 3:
            assert (here, there) in BETWEEN_DOORS, f"{here} imports {there}"
        if layer(there) == layer(here) == 0:
            pytest.fail(f"{here} imports {there}")


@pytest.mark.parametrize("ground", sorted(GROUND))
def test_ground_knows_no_django_disk_or_clock(ground):
    for path in (ROOT / "terms" / ground).glob("*.py"):
        for module, _ in imports(path):
            top = module.partition(".")[0]
            assert top not in NOT_IN_GROUND | {"django"}, f"{path.name} imports {module}"
            pure = ("terms", "html", "posixpath", "functools", "operator")
            if top in pure or module.startswith("urllib.parse") or top in GROUND_LIBRARIES[ground]:
                continue
            assert top in {"bisect", "re", "json", "collections", "dataclasses", "difflib", "itertools",
                           "typing", "unicodedata", "pathlib"}, f"{path.name} imports {module}"  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_the_readers_side_cannot_see_the_editors(name):
    for module, names in imports(ROOT / name):
        assert not EDITORS_MODELS & set(names), f"{name} imports {names} from {module}"
        assert room(module) not in ("editing", "importing", "indexing"), f"{name} imports {module}"


def test_only_publishing_writes_the_readers_side():
    writers = {
        path.name
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("create", "bulk_create", "update", "delete", "bulk_update")
        and "Published" in ast.unparse(node)
    }
    assert writers <= {
        "publishing.py", "published_links.py", "published_names.py", "published_relations.py",
        "published_rows.py", "deriving.py",
    }  # fmt: skip


def test_only_the_gate_writes_texts():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "Revision",
                "Revision.objects.create",
            ):
                assert path.name == "editing.py"


def test_user_text_is_declared_safe_in_one_place():
    for path in FILES:
        source = path.read_text()
        assert "mark_safe" not in source
        if path.name not in ("site_templates.py", "term_admin.py"):
            assert "Markup" not in source
            assert "SafeString" not in source
    for path in (ROOT / "templates").rglob("*.html"):
        assert "|safe}" not in path.read_text().replace(" ", "")


def test_doors_take_nothing_from_readers_past_the_approvals():
    """Only what asks for them, or what follows from an approved text, withdraws."""
    for path in FILES:
        if path.name in ("removals.py", "trashing.py", "change_sets.py", "publishing.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and "publishing" in node.module:
                assert "withdraw" not in {alias.name for alias in node.names}, path
            if isinstance(node, ast.Attribute):
                assert ast.unparse(node) != "publishing.withdraw", path


def test_functions_stay_small():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 40, f"{path.name}: {node.name}"
