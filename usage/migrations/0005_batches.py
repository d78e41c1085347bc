from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0004_limit_window_in_shadow'),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Given by the gateway.', max_length=20, unique=True)),
                ('writer', models.CharField(max_length=20)),
                ('count', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField()),
                ('is_refused', models.BooleanField(default=False)),
                ('lines', models.BinaryField()),
            ],
            options={
                'verbose_name': 'batch of lines',
                'verbose_name_plural': 'batches of lines',
            },
        ),
    ]
