"""How the institution signs, is reached and is paid."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0004_institution")]
    operations = [
        migrations.AddField("institution", "signer", models.CharField(max_length=100, blank=True, default="", db_default="")),
        migrations.AddField("institution", "signer_en", models.CharField(max_length=100, blank=True, default="", db_default="")),
        migrations.AddField("institution", "address", models.CharField(max_length=200, blank=True, default="", db_default="")),
        migrations.AddField("institution", "address_en", models.CharField(max_length=200, blank=True, default="", db_default="")),
        migrations.AddField("institution", "postcode", models.CharField(max_length=16, blank=True, default="", db_default="")),
        migrations.AddField("institution", "callback_phone", models.CharField(max_length=40, blank=True, default="", db_default="", help_text="a registered line")),
        migrations.AddField("institution", "complaint_phone", models.CharField(max_length=40, blank=True, default="", db_default="")),
        migrations.AddField("institution", "email", models.CharField(max_length=200, blank=True, default="", db_default="")),
        migrations.AddField("institution", "account_name", models.CharField(max_length=200, blank=True, default="", db_default="")),
        migrations.AddField("institution", "bank", models.CharField(max_length=200, blank=True, default="", db_default="")),
        migrations.AddField("institution", "account", models.CharField(max_length=64, blank=True, default="", db_default="")),
    ]
