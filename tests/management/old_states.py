"""Migrates databases with a row of each model from old migrations to the newest.

``python -m tests.management.old_states NAME...`` prints the number of rows of each table before and
after as a JSON line for each name, in the order of the migrations.
"""

import datetime
import io
import json
import shutil
import sys
import uuid

TEXT = "---\nterm: Flask\n---\nA framework.\n"


def filled(apps):
    """Create a row of each model of the app, with values by type of field. Return table → rows."""
    made = {}
    models = list(apps.get_app_config("terms").get_models())
    for _ in models:  # rows that they refer to are created first
        for model in models:
            if model not in made and (row := new_row(model, made)):
                made[model] = row
    return {model._meta.db_table: model._base_manager.count() for model in made}


def new_row(model, made):
    values = {}
    for field in model._meta.concrete_fields:
        if field.name in ("version", "number"):
            values[field.name] = 1  # a term has a revision
            continue
        if field.primary_key and field.get_internal_type().endswith("AutoField"):
            continue
        if field.many_to_one or field.one_to_one:
            if field.null:
                continue
            target = made.get(field.related_model)
            if target is None and field.related_model._meta.app_label != "terms":
                target = account(field.related_model)
            if target is None:
                return None
            values[field.name] = target
        elif not field.has_default() and not field.null:
            values[field.name] = value_of(field)
    return model._base_manager.create(**values)


def account(model):
    if model._meta.model_name == "user":
        return model.objects.get_or_create(username="ann")[0]
    return model.objects.first() or model.objects.create()


def value_of(field):
    if field.choices:
        return field.choices[0][0]
    kind = field.get_internal_type()
    if "uid" in field.name:
        return uuid.uuid4()
    if field.name == "path":
        return "/glossary/flask/" if kind == "TextField" else "flask.md"
    if field.blank and kind in ("CharField", "TextField"):
        return ""
    if "Integer" in kind:
        return 1
    made_up = {
        "DateTimeField": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
        "DateField": datetime.date(2026, 1, 2),
        "BooleanField": False,
        "BinaryField": b"page",
        "JSONField": {},
    }
    return made_up.get(kind, TEXT if field.name == "text" else "flask"[: field.max_length])


def migrated(name):
    """Fill a copy of the database, which is at migration ``name``, and migrate it."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    state = MigrationExecutor(connection).loader.project_state(("terms", name))
    before = filled(state.apps)
    call_command("migrate", verbosity=0)
    after = {}
    with connection.cursor() as cursor:
        there = connection.introspection.table_names(cursor)
        for table in before:
            if table in there:
                cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 — names of our own tables
                after[table] = cursor.fetchone()[0]
    call_command("migrate", check_unapplied=True, verbosity=0)  # exits if one is not applied
    call_command("rebuild_site", stdout=io.StringIO())
    return [before, after]


def main(names):
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    start = connection.settings_dict["NAME"]
    for name in names:
        call_command("migrate", "terms", name, verbosity=0)
        connection.close()
        connection.settings_dict["NAME"] = shutil.copy(start, f"{start}-{name}")
        sys.stdout.write(f"{json.dumps(migrated(name))}\n")
        connection.close()
        connection.settings_dict["NAME"] = start


if __name__ == "__main__":
    main(sys.argv[1:])
