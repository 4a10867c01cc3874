"""First sentences for terms without definition, links to files, mergers that can be undone."""

from django.db import migrations, models

from terms.rendering import first_sentence


def begin_with_the_text(apps, schema_editor):
    published = apps.get_model('terms', 'PublishedTerm').objects
    for pk in list(published.filter(description='').values_list('pk', flat=True)):
        text, start = published.values_list('text', 'body_start').get(pk=pk)
        published.filter(pk=pk).update(description=first_sentence(text[start:]), is_defined=False)


class Migration(migrations.Migration):

    dependencies = [('terms', '0004_uids_as_text')]

    operations = [
        migrations.AddField(
            'publishedterm',
            'is_defined',
            models.BooleanField(db_default=True, help_text="The description is the file's own, not the text's beginning."),
        ),
        migrations.AddField(
            'withdrawal',
            'is_merged',
            models.BooleanField(db_default=False, help_text='It is a part of the successor: its addresses lead there.'),
        ),
        migrations.AlterField(
            'publishedrelation',
            'kind',
            models.CharField(choices=[('related', 'Related'), ('successor', 'Successor'), ('link', 'Link')], default='related', max_length=10),
        ),
        migrations.RunPython(begin_with_the_text, migrations.RunPython.noop),
    ]
