from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0002_partitions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='usagerecord',
            name='error_class',
            field=models.CharField(blank=True, max_length=40),
        ),
    ]
