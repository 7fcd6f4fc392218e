"""Identifiers without case, one-time codes, the newest certificate shown; texts that are healed."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Lower
from django.utils import timezone

ADMITTED = ('approved', 'trusted')
#: Columns of a workstation that hold what its agent said.
TEXTS = ('name', 'hostname', 'os', 'agent_version')


def one_of_each(apps, _schema_editor):
    """Identifiers that differ by case only are one from now on, and no row is lost.

    Of several admitted ones the one seen last stays (then the trusted one, then the one that
    registered first). The others wait for approval, flagged, and keep their certificates: the
    agent site refuses them until somebody decides. Of several rows with one key the same one, or
    else the one that registered first, keeps the key.
    """
    Workstation = apps.get_model('pki', 'Workstation')
    same = (
        Workstation.objects.annotate(key=Lower('agent_id'))
        .order_by()
        .values_list('key', flat=True)
        .annotate(number=models.Count('pk'))
        .filter(number__gt=1)
    )
    for key in list(same):
        rows = Workstation.objects.annotate(key=Lower('agent_id')).filter(key=key)
        separate(list(rows.defer('inventory')))


def separate(rows):
    rows.sort(key=lambda row: row.pk)
    admitted = [row for row in rows if row.state in ADMITTED]
    seen_last = sorted(
        admitted,
        key=lambda row: (
            -(row.last_seen_at.timestamp() if row.last_seen_at else 0),
            row.state != 'trusted',
            row.pk,
        ),
    )
    for row in seen_last[1:]:
        row.state, row.identifier_taken, row.state_since = 'pending', True, timezone.now()
        row.save(update_fields=['state', 'identifier_taken', 'state_since'])
    held = set()
    for row in sorted(rows, key=lambda row: (row not in seen_last, row.state == 'pending', row.pk)):
        if row.public_key_sha256 in held:
            row.public_key_sha256, row.identifier_taken = '', True
            row.state, row.state_since = 'denied', timezone.now()
            row.save(
                update_fields=['public_key_sha256', 'identifier_taken', 'state', 'state_since']
            )
        if row.public_key_sha256:
            held.add(row.public_key_sha256)


def heal(apps, _schema_editor):
    """What agents said before it was checked: printable from now on, logs with their lines."""
    Workstation, AgentTask = apps.get_model('pki', 'Workstation'), apps.get_model('pki', 'AgentTask')
    for pk, inventory, *texts in Workstation.objects.order_by('pk').values_list(
        'pk', 'inventory', *TEXTS
    ).iterator(chunk_size=500):
        healed = {name: one_line(text) for name, text in zip(TEXTS, texts, strict=True)}
        changed = {'inventory': healed_json(inventory, one_line), **healed}
        if list(changed.values()) != [inventory, *texts]:
            Workstation.objects.filter(pk=pk).update(**changed)
    for pk, result, message in AgentTask.objects.order_by('pk').values_list(
        'pk', 'result', 'message'
    ).iterator(chunk_size=100):
        changed = {'result': healed_json(result, lines), 'message': one_line(message)}
        if list(changed.values()) != [result, message]:
            AgentTask.objects.filter(pk=pk).update(**changed)


def healed_json(value, text):
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {one_line(name): healed_json(each, text) for name, each in value.items()}
    if isinstance(value, list):
        return [healed_json(each, text) for each in value]
    return value


def one_line(text):
    if text.isprintable():
        return text
    return ''.join(letter if letter.isprintable() else '\ufffd' for letter in text)


def lines(text):
    return ''.join(
        letter if letter in '\n\t' or letter.isprintable() else '\ufffd'
        for letter in text.replace('\r\n', '\n')
    )


class Migration(migrations.Migration):

    dependencies = [
        ('pki', '0018_custody'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='workstation',
            name='workstation_key_once',
        ),
        migrations.RemoveConstraint(
            model_name='workstation',
            name='one_admitted_workstation_by_identifier',
        ),
        migrations.AddField(
            model_name='workstation',
            name='alternates_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='workstation',
            name='identities',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='workstation',
            name='new_key_code_sha256',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='workstation',
            name='shown_certificate',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pki.certificate'),
        ),
        migrations.AlterField(
            model_name='workstation',
            name='agent_id',
            field=models.CharField(max_length=64),
        ),
        migrations.RunPython(one_of_each, migrations.RunPython.noop),
        migrations.RunPython(heal, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='workstation',
            index=models.Index(Lower('agent_id'), name='workstation_identifier'),
        ),
        migrations.AddIndex(
            model_name='workstation',
            index=models.Index(condition=models.Q(('alternates_since__isnull', False)), fields=['alternates_since'], name='workstation_alternates'),
        ),
        migrations.AddConstraint(
            model_name='workstation',
            constraint=models.UniqueConstraint(Lower('agent_id'), models.F('public_key_sha256'), condition=models.Q(('public_key_sha256', ''), _negated=True), name='workstation_key_once'),
        ),
        migrations.AddConstraint(
            model_name='workstation',
            constraint=models.UniqueConstraint(Lower('agent_id'), condition=models.Q(('state__in', ['approved', 'trusted'])), name='one_admitted_workstation_by_identifier'),
        ),
    ]
