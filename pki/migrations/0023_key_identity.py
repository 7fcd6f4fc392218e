"""Keys are compared whatever their exponent or sign is: computed for all that was certified."""

from cryptography import x509
from django.db import migrations, models

from pki.x509 import keys

BATCH = 1000


def compute(apps, _schema_editor):
    """From each certificate; a reservation has none, and is closed at the start of the product."""
    Certificate = apps.get_model('pki', 'Certificate')
    last = 0
    while True:
        rows = Certificate.objects.filter(pk__gt=last).exclude(sha256='').order_by('pk')
        batch = list(rows.only('der', 'public_key_sha256')[:BATCH])
        if not batch:
            return
        for row in batch:
            row.key_identity = identity_of(row)
        Certificate.objects.bulk_update(batch, ['key_identity'])
        last = batch[-1].pk


def identity_of(row):
    try:
        return keys.key_identity(x509.load_der_x509_certificate(bytes(row.der)).public_key())
    except Exception:
        # Of a kind that was taken once and is not read any more: nobody is certified for it.
        return row.public_key_sha256


class Migration(migrations.Migration):

    dependencies = [
        ('pki', '0022_name_claims'),
    ]

    operations = [
        migrations.AddField(
            model_name='certificate',
            name='key_identity',
            field=models.CharField(blank=True, db_index=True, default='', max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(compute, migrations.RunPython.noop),
    ]
