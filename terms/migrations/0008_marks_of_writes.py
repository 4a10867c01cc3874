from uuid import uuid4

from django.db import migrations, models


def mark_what_there_is(apps, schema_editor):
    sites = apps.get_model("terms", "Site").objects
    writes = apps.get_model("terms", "PageWrite").objects
    for site in sites.all():
        site.mark = uuid4().hex
        site.save(update_fields=["mark"])
        writes.create(sequence=site.sequence, mark=site.mark)


class Migration(migrations.Migration):
    dependencies = [("terms", "0007_meanings_origin_pictures")]

    operations = [
        migrations.CreateModel(
            name="PageWrite",
            fields=[
                ("sequence", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("mark", models.CharField(max_length=32, unique=True)),
            ],
        ),
        migrations.AddField("site", "mark", models.CharField(blank=True, default="", max_length=32), preserve_default=False),
        migrations.RunPython(mark_what_there_is, migrations.RunPython.noop),
    ]
