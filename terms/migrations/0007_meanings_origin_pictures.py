"""Meanings of a name, the site that files were written for, pictures beside the files."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('terms', '0006_pages_kept_once'),
    ]

    operations = [
        migrations.AddField(
            model_name='glossary',
            name='origin',
            field=models.URLField(blank=True, help_text='Where the files are published, too: https://example.org/docs/glossary/. Links in them that begin with a slash then lead to that site, those below this address to the terms.', max_length=300, verbose_name='site of the files'),
        ),
        migrations.AddField(
            model_name='publishedterm',
            name='pictures',
            field=models.JSONField(default=dict, help_text='Those beside its file, as the text has them → their addresses.'),
        ),
        migrations.AlterField(
            model_name='publishedrelation',
            name='kind',
            field=models.CharField(choices=[('related', 'Related'), ('successor', 'Successor'), ('link', 'Link'), ('meaning', 'Meaning')], default='related', max_length=10),
        ),
        migrations.CreateModel(
            name='Picture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=500)),
                ('file', models.CharField(max_length=100)),
                ('stamp', models.TextField(blank=True, help_text='Size, times and inode; empty: not to be trusted.')),
                ('glossary', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='terms.glossary')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('glossary', 'path'), name='picture_path')],
            },
        ),
    ]
