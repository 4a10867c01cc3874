"""Of a page that is kept compressed the plain bytes need not be kept, too."""

from django.db import migrations, models


def keep_once(apps, schema_editor):
    apps.get_model('terms', 'Page').objects.exclude(gzip=b'').update(body=b'')


class Migration(migrations.Migration):

    dependencies = [('terms', '0005_readers_find_on')]

    operations = [
        migrations.AlterField(
            'page', 'body', models.BinaryField(help_text='Empty where the page is kept compressed.')
        ),
        migrations.RunPython(keep_once, migrations.RunPython.noop),
    ]
