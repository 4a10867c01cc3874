"""The columns stay as they are; only what Python makes of them is another type."""

import terms.models.fields
from django.db import migrations

FIELDS = {
    ('Address', 'term_uid'): {'db_index': True, 'null': True},
    ('DeclinedRelation', 'target_uid'): {},
    ('Mention', 'target_uid'): {'db_index': True, 'null': True},
    ('PublishedRelation', 'target_uid'): {'null': True},
    ('PublishedTerm', 'uid'): {'unique': True},
    ('Suggestion', 'term_uid'): {'null': True},
    ('Term', 'uid'): {'default': terms.models.fields.new_uid, 'editable': False, 'unique': True},
    ('Withdrawal', 'successor_uid'): {'null': True},
    ('Withdrawal', 'term_uid'): {'primary_key': True, 'serialize': False},
}


def without_hyphens(apps, schema_editor):
    withdrawals = apps.get_model('terms', 'Withdrawal').objects
    for row in withdrawals.exclude(instead=[]):
        withdrawals.filter(pk=row.pk).update(instead=[uid.replace('-', '') for uid in row.instead])
    published = apps.get_model('terms', 'PublishedTerm').objects
    for row in published.exclude(decisions={}).only('pk', 'decisions'):
        plain = {name: uid.replace('-', '') for name, uid in row.decisions.items()}
        published.filter(pk=row.pk).update(decisions=plain)


class Migration(migrations.Migration):

    dependencies = [('terms', '0003_newsroom')]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(model, name, terms.models.fields.UidField(**options))
                for (model, name), options in FIELDS.items()
            ]
        ),
        migrations.RunPython(without_hyphens, migrations.RunPython.noop),
    ]
