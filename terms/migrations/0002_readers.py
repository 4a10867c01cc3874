import django.db.models.deletion
from django.db import migrations, models


SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE terms_search USING fts5(name, aliases, description, body,"
        " tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* Co S* P*'\","
        " prefix='2 3', columnsize=0)",
    ),
    "postgresql": (
        "CREATE TABLE terms_search (id bigint PRIMARY KEY, document tsvector NOT NULL)",
        "CREATE INDEX terms_search_document ON terms_search USING gin (document)",
    ),
}


def create_search(apps, schema_editor):
    for statement in SEARCH[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_search(apps, schema_editor):
    schema_editor.execute("DROP TABLE terms_search")


class Migration(migrations.Migration):

    dependencies = [
        ('terms', '0001_initial'),
    ]

    operations = [
        # The readers' side is made anew: `rebuild_site` fills it from the live texts.
        migrations.DeleteModel('PublishedRelation'),
        migrations.DeleteModel('PublishedName'),
        migrations.DeleteModel('PublishedTerm'),
        migrations.RunPython(create_search, drop_search),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.PositiveBigIntegerField(default=0)),
                ('chrome', models.CharField(blank=True, max_length=64)),
                ('uid', models.UUIDField()),
            ],
        ),
        migrations.AddField(
            model_name='term',
            name='is_linked',
            field=models.BooleanField(default=True, help_text='Off for a name that is an everyday word, too.', verbose_name='linked where others name it'),
        ),
        migrations.CreateModel(
            name='Address',
            fields=[
                ('path', models.TextField(primary_key=True, serialize=False)),
                ('term_uid', models.UUIDField(db_index=True, null=True)),
                ('glossary', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='terms.glossary')),
            ],
            options={
                'verbose_name_plural': 'addresses',
            },
        ),
        migrations.CreateModel(
            name='Page',
            fields=[
                ('path', models.TextField(primary_key=True, serialize=False)),
                ('status', models.PositiveSmallIntegerField(default=200)),
                ('type', models.CharField(max_length=100)),
                ('etag', models.CharField(max_length=40)),
                ('location', models.TextField(blank=True)),
                ('changed_at', models.DateTimeField()),
                ('sequence', models.PositiveBigIntegerField(db_index=True)),
                ('body', models.BinaryField()),
                ('gzip', models.BinaryField(help_text='Empty where it would not be smaller.')),
                ('glossary', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, to='terms.glossary')),
            ],
        ),
        migrations.CreateModel(
            name='PublishedTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(unique=True)),
                ('fingerprint', models.CharField(max_length=64)),
                ('path', models.TextField(help_text="The page's address, below the site's root.", unique=True)),
                ('slug', models.CharField(max_length=255)),
                ('name', models.CharField(max_length=300)),
                ('letter', models.CharField(max_length=10)),
                ('section', models.CharField(help_text='The letter with those that follow.', max_length=20)),
                ('sort_key', models.CharField(max_length=600)),
                ('icon', models.CharField(blank=True, max_length=300)),
                ('category', models.CharField(blank=True, max_length=300)),
                ('category_slug', models.CharField(blank=True, max_length=100)),
                ('vertical', models.CharField(blank=True, max_length=300)),
                ('vertical_slug', models.CharField(blank=True, max_length=100)),
                ('description', models.TextField(blank=True)),
                ('text', models.TextField(blank=True)),
                ('body_start', models.PositiveIntegerField(default=0)),
                ('details', models.JSONField(default=list, help_text='Rows: title, value, url, follows.')),
                ('aliases', models.JSONField(default=list, help_text='Other names that are shown.')),
                ('is_deprecated', models.BooleanField(default=False)),
                ('is_linked', models.BooleanField(default=True, help_text='Where other terms name it.')),
                ('decisions', models.JSONField(default=dict)),
                ('published_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('glossary', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='terms.glossary')),
            ],
            options={
                'ordering': ['sort_key', 'slug'],
            },
        ),
        migrations.CreateModel(
            name='PublishedRelation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('related', 'Related'), ('successor', 'Successor')], default='related', max_length=10)),
                ('label', models.TextField()),
                ('key', models.CharField(db_index=True, max_length=300)),
                ('target_uid', models.UUIDField(db_index=True, null=True)),
                ('term', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='relations', to='terms.publishedterm')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='PublishedName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.TextField()),
                ('key', models.CharField(max_length=300)),
                ('bucket', models.CharField(max_length=300)),
                ('is_alias', models.BooleanField(default=False)),
                ('is_hidden', models.BooleanField(default=False)),
                ('glossary', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='terms.glossary')),
                ('term', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='names', to='terms.publishedterm')),
            ],
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.PositiveIntegerField()),
                ('end', models.PositiveIntegerField()),
                ('label', models.TextField()),
                ('key', models.CharField(max_length=300)),
                ('target_uid', models.UUIDField(db_index=True, null=True)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='terms.publishedterm')),
            ],
            options={
                'ordering': ['start'],
            },
        ),
        migrations.CreateModel(
            name='SearchMiss',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=100)),
                ('count', models.PositiveIntegerField(default=1)),
                ('last_on', models.DateField()),
                ('glossary', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='terms.glossary')),
            ],
            options={
                'verbose_name_plural': 'searches without result',
                'ordering': ['-count', 'key'],
            },
        ),
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('term_uid', models.UUIDField(primary_key=True, serialize=False)),
                ('successor_uid', models.UUIDField(null=True)),
                ('instead', models.JSONField(default=list, help_text='The uids of the terms it was related to.')),
                ('glossary', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='terms.glossary')),
            ],
        ),
        migrations.CreateModel(
            name='MentionDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=300)),
                ('target', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='terms.term')),
                ('term', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='terms.term')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('term', 'key'), name='decision_key')],
            },
        ),
        migrations.AddIndex(
            model_name='publishedterm',
            index=models.Index(fields=['glossary', 'slug'], name='published_slug'),
        ),
        migrations.AddIndex(
            model_name='publishedterm',
            index=models.Index(fields=['glossary', 'letter', 'section', 'sort_key'], name='published_order'),
        ),
        migrations.AddIndex(
            model_name='publishedterm',
            index=models.Index(fields=['glossary', 'category_slug', 'vertical_slug', 'letter', 'section'], name='published_classes'),
        ),
        migrations.AddIndex(
            model_name='publishedterm',
            index=models.Index(fields=['glossary', '-changed_at', 'sort_key'], name='published_changes'),
        ),
        migrations.AddIndex(
            model_name='publishedname',
            index=models.Index(fields=['glossary', 'key'], name='published_name_key'),
        ),
        migrations.AddIndex(
            model_name='publishedname',
            index=models.Index(fields=['glossary', 'bucket'], name='published_name_bucket'),
        ),
        migrations.AddConstraint(
            model_name='searchmiss',
            constraint=models.UniqueConstraint(fields=('glossary', 'key'), name='miss_key'),
        ),
        migrations.CreateModel(
            name='PublishedClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category_slug', models.CharField(max_length=100)),
                ('vertical_slug', models.CharField(blank=True, max_length=100)),
                ('name', models.CharField(max_length=300)),
                ('glossary', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='terms.glossary')),
            ],
            options={
                'verbose_name_plural': 'published classes',
                'constraints': [models.UniqueConstraint(fields=('glossary', 'category_slug', 'vertical_slug'), name='published_class')],
            },
        ),
        migrations.AddField(
            model_name='publishedterm',
            name='plain',
            field=models.TextField(blank=True, help_text="The body's words, without markup."),
        ),
    ]
