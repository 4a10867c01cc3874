"""One meaning of a name, and the site that files were written for."""

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
        migrations.AlterField(
            model_name='publishedrelation',
            name='kind',
            field=models.CharField(choices=[('related', 'Related'), ('successor', 'Successor'), ('link', 'Link'), ('meaning', 'Meaning')], default='related', max_length=10),
        ),
    ]
