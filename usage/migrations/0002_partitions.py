from django.db import migrations
from django.utils import timezone

from usage import partitions


def cut(_apps, schema_editor):
    """On PostgreSQL alone: elsewhere these tables stay as they are."""
    for part in partitions.ALL:
        partitions.cut(schema_editor.connection, part)
        partitions.keep(schema_editor.connection, part, now=timezone.now())


class Migration(migrations.Migration):

    replaces = [
        ('usage', '0004_partitions'),
    ]

    dependencies = [
        ('usage', '0001_schema'),
    ]

    operations = [
        migrations.RunPython(cut, migrations.RunPython.noop),
    ]
