from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('terms', '0006_file_links'),
    ]

    operations = [
        migrations.AddField(
            model_name='withdrawal',
            name='is_merged',
            field=models.BooleanField(db_default=False, help_text='It is a part of the successor: its addresses lead there.'),
        ),
    ]
