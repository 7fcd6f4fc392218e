"""Acceptances of names remember for which key they were given."""

from django.db import migrations, models


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


class Migration(migrations.Migration):

    dependencies = [
        ('pki', '0020_audit_trail'),
    ]

    operations = [
        migrations.AddField(
            model_name='servername',
            name='accepted_key',
            field=models.CharField(blank=True, default='', max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(bind_acceptances, migrations.RunPython.noop),
    ]
