"""Acceptances remember their key, and names stay held by the certificates that have them."""

from django.db import migrations, models
from django.utils import timezone


def bind_acceptances(apps, _schema_editor):
    """To the key a server has now, unless that was imported later, without the name.

    Nobody was asked about such a key: an administrator renews once by hand.
    """
    server_name = apps.get_model("pki", "ServerName")
    certificate = apps.get_model("pki", "Certificate")
    accepted = server_name.objects.exclude(accepted_by="").select_related("server__certificate")
    for row in accepted.filter(server__certificate__isnull=False):
        key = row.server.certificate.public_key_sha256
        imported = certificate.objects.filter(
            server_id=row.server_id,
            public_key_sha256=key,
            source="imported",
            created_at__gt=row.accepted_at,
        )
        certified = imported.values_list("names", flat=True)
        if all(row.name in [name.lower() for name in names] for names in certified):
            row.accepted_key = key
            row.save(update_fields=["accepted_key"])


def hold_names(apps, _schema_editor):
    """What certificates in force have and their servers do not; others may have it by now."""
    server_name = apps.get_model("pki", "ServerName")
    holders, has = {}, set()
    for server, name in server_name.objects.values_list("server_id", "name").iterator():
        holders.setdefault(name, set()).add(server)
        has.add((server, name))
    in_force = apps.get_model("pki", "Certificate").objects.filter(
        server__isnull=False, state__in=["prepared", "issued"], not_after__gt=timezone.now()
    )
    held = {}
    for server, names, common_name in in_force.order_by("pk").values_list(
        "server_id", "names", "common_name"
    ).iterator():
        for text in (*names, common_name):
            name = text.rstrip(".").lower()
            if name and len(name) <= 253 and (server, name) not in has:
                held[server, name] = None
                holders.setdefault(name, set()).add(server)
    server_name.objects.bulk_create(
        (
            server_name(server_id=server, name=name, held=True, shared=len(holders[name]) > 1)
            for server, name in held
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('pki', '0021_user_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='servername',
            name='accepted_key',
            field=models.CharField(blank=True, default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='servername',
            name='held',
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(bind_acceptances, migrations.RunPython.noop),
        migrations.RunPython(hold_names, migrations.RunPython.noop),
    ]
