from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('terms', '0005_first_sentences'),
    ]

    operations = [
        migrations.AlterField(
            model_name='publishedrelation',
            name='kind',
            field=models.CharField(choices=[('related', 'Related'), ('successor', 'Successor'), ('link', 'Link')], default='related', max_length=10),
        ),
    ]
