from django.db import migrations, models
from django.db.models.functions import Lower


def tell_apart(apps, _schema_editor):
    """Of names that differ only by case, which nobody could sign in with, the first one stays."""
    users = apps.get_model("pki", "User")
    taken = set()
    for user in users.objects.order_by("pk"):
        name, number = user.username, 1
        while name.lower() in taken:
            number += 1
            name = f"{user.username[:140]}-{number}"
        taken.add(name.lower())
        if name != user.username:
            user.username = name
            user.save(update_fields=["username"])


class Migration(migrations.Migration):

    dependencies = [
        ("pki", "0020_audit_trail"),
    ]

    operations = [
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(Lower("username"), name="user_name_without_case"),
        ),
    ]
