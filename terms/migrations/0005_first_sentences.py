from django.db import migrations, models

from terms.rendering import first_sentence


def begin_with_the_text(apps, schema_editor):
    published = apps.get_model('terms', 'PublishedTerm').objects
    for pk, text, start in published.filter(description='').values_list('pk', 'text', 'body_start'):
        published.filter(pk=pk).update(description=first_sentence(text[start:]), is_defined=False)


class Migration(migrations.Migration):

    dependencies = [('terms', '0004_uids_as_text')]

    operations = [
        migrations.AddField(
            model_name='publishedterm',
            name='is_defined',
            field=models.BooleanField(db_default=True, help_text="The description is the file's own, not the text's beginning."),
        ),
        migrations.RunPython(begin_with_the_text, migrations.RunPython.noop),
    ]
