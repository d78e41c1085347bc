from typing import Final
from urllib.parse import urlsplit

from django.db import migrations, models
from django.db.models import Q

OLLAMA: Final = "localhost:11434"


def bind_to_scheme_and_port(apps, schema_editor):
    """Say of stored credentials whether they go in clear; until now they had a host and port alone.

    Where nobody can tell, TLS is meant: to send it in clear, somebody enters it again.
    """
    secrets = apps.get_model("providers", "Secret").objects
    for secret in secrets.exclude(Q(host="") | Q(host__contains="://")).prefetch_related("providers"):
        schemes = {url.scheme for url in _called(secret) if url.netloc.lower() == secret.host}
        is_plain = schemes == {"http"} or (not schemes and secret.host == OLLAMA)
        host = secret.host.removesuffix(":80" if is_plain else ":443")
        secrets.filter(pk=secret.pk).update(host=f"http://{host}" if is_plain else host)


def _called(secret):
    """Give the addresses that the secret's providers send it to."""
    for provider in secret.providers.all():
        for url in (provider.base_url, provider.config.get("token_url"), provider.config.get("issuer")):
            try:
                yield urlsplit(url or "")
            except ValueError:
                continue  # no address, so nothing is sent there


class Migration(migrations.Migration):

    dependencies = [
        ('providers', '0001_schema'),
    ]

    operations = [
        migrations.AlterField(
            model_name='secret',
            name='host',
            field=models.CharField(blank=True, help_text='The host that it was entered for, and goes to alone; `http://` before it says that it goes there in clear.', max_length=300),
        ),
        migrations.RunPython(bind_to_scheme_and_port, migrations.RunPython.noop, elidable=True),
    ]
