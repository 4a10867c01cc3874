from django.db import migrations

PUBLISHERS = ("view", "sync")
ADMINISTRATORS = ("add", "change", "delete", "view", "sync")


def let_people_sync(apps, schema_editor):
    """Publishers see repositories and sync; administrators also change them."""
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    kind, _ = ContentType.objects.get_or_create(app_label="terms", model="repository")
    for name, actions in (("Publisher", PUBLISHERS), ("Administrator", ADMINISTRATORS)):
        for group in apps.get_model("auth", "Group").objects.filter(name=name):
            for action in actions:
                words = "Can sync with a repository" if action == "sync" else f"Can {action} repository"
                group.permissions.add(
                    Permission.objects.get_or_create(
                        content_type=kind,
                        codename=f"{action}_repository",
                        defaults={"name": words},
                    )[0]
                )


class Migration(migrations.Migration):
    dependencies = [("terms", "0017_trashed_terms")]

    operations = [migrations.RunPython(let_people_sync, migrations.RunPython.noop)]
