from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0003_longer_error_class'),
    ]

    operations = [
        migrations.AddField(
            model_name='limitwindow',
            name='is_shadow',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
