"""What is said: templates and their wordings. A wording never changes once it is submitted; the database sees to it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_GUARD = """
CREATE FUNCTION liangqing_wording_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'wordings stand: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.template_id, OLD.number, OLD.preset) IS DISTINCT FROM (NEW.template_id, NEW.number, NEW.preset)
       OR (OLD.state <> 'draft' AND (OLD.subject, OLD.body, OLD.document, OLD.document_name, OLD.document_size, OLD.digest)
            IS DISTINCT FROM (NEW.subject, NEW.body, NEW.document, NEW.document_name, NEW.document_size, NEW.digest))
       OR (OLD.state IN ('approved', 'retired')
            AND (OLD.request, OLD.approved_by_id, OLD.approved_at, OLD.from_on)
                IS DISTINCT FROM (NEW.request, NEW.approved_by_id, NEW.approved_at, NEW.from_on))
       OR (OLD.state = 'draft' AND NEW.state NOT IN ('draft', 'submitted', 'dropped'))
       OR (OLD.state = 'submitted' AND NEW.state NOT IN ('draft', 'submitted', 'approved'))
       OR (OLD.state = 'approved' AND NEW.state NOT IN ('approved', 'retired'))
       OR OLD.state IN ('retired', 'dropped') THEN
        RAISE EXCEPTION 'wording % of template % stands: % is refused', OLD.number, OLD.template_id, TG_OP
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON outreach_templateversion
    FOR EACH ROW EXECUTE FUNCTION liangqing_wording_stands();
CREATE TRIGGER stays BEFORE TRUNCATE ON outreach_templateversion
    FOR EACH STATEMENT EXECUTE FUNCTION liangqing_wording_stands();
CREATE FUNCTION liangqing_template_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'name' = to_jsonb(NEW) - 'name' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'template % stands: % is refused', OLD.id, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON outreach_template
    FOR EACH ROW EXECUTE FUNCTION liangqing_template_stands();
"""
_UNDO = """
DROP TRIGGER stands ON outreach_template;
DROP FUNCTION liangqing_template_stands;
DROP TRIGGER stands ON outreach_templateversion;
DROP TRIGGER stays ON outreach_templateversion;
DROP FUNCTION liangqing_wording_stands;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('outreach', '0002_providers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Template',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('channel', models.CharField(choices=[('phone', 'phone'), ('sms', 'text message'), ('email', 'e-mail'), ('letter', 'letter'), ('visit', 'visit'), ('wechat', 'WeChat'), ('other', 'other channel')], max_length=12)),
                ('content', models.CharField(choices=[('bill', 'bill or statement'), ('reminder', 'reminder'), ('demand', 'demand for payment'), ('formal', 'formal demand'), ('locate', 'asking to be called back'), ('notice', 'notice the law asks for'), ('reply', 'answer to the debtor'), ('confirm', 'confirmation of a wish')], max_length=12)),
                ('recipient', models.CharField(choices=[('self', 'the debtor'), ('representative', 'authorised representative'), ('lawyer', 'lawyer'), ('guarantor', 'guarantor'), ('co_debtor', 'co-debtor'), ('heir', 'heir'), ('spouse', 'spouse'), ('contact', 'contact person'), ('other', 'somebody else')], max_length=16)),
                ('occasion', models.CharField(blank=True, choices=[('promise_due', 'a promise falls due'), ('promise_broken', 'a promise was not kept'), ('before_due', 'before a bill falls due'), ('opted_out', 'somebody wants no more messages')], default='', max_length=16)),
                ('level', models.CharField(blank=True, choices=[('mild', 'mild'), ('moderate', 'moderate'), ('severe', 'severe')], default='', max_length=12)),
                ('customer_class', models.CharField(blank=True, default='', max_length=16)),
                ('regime', models.CharField(blank=True, choices=[('cn_consumer', 'consumer, China'), ('cn_business', 'business, China'), ('us_consumer', 'consumer, United States'), ('uk_consumer', 'consumer, United Kingdom'), ('other', 'elsewhere')], default='', max_length=16)),
                ('language', models.CharField(choices=[('zh-hans', 'Chinese'), ('en', 'English')], max_length=8)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('channel', 'content', 'recipient', 'language', 'occasion', 'level', 'customer_class', 'regime'), name='outreach_template_once')],
            },
        ),
        migrations.CreateModel(
            name='TemplateVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('draft', 'draft'), ('submitted', 'submitted'), ('approved', 'approved'), ('retired', 'retired'), ('dropped', 'given up')], default='draft', max_length=12)),
                ('subject', models.CharField(blank=True, default='', max_length=200)),
                ('body', models.TextField(blank=True, default='')),
                ('document', models.CharField(blank=True, default='', help_text='SHA-256 of a Word document', max_length=64)),
                ('document_name', models.CharField(blank=True, default='', max_length=100)),
                ('document_size', models.PositiveIntegerField(default=0)),
                ('digest', models.CharField(help_text='SHA-256 of what it says', max_length=64)),
                ('why', models.TextField(blank=True, default='')),
                ('revision', models.PositiveIntegerField(default=1, help_text='edits of a draft, so that two people do not overwrite')),
                ('preset', models.BooleanField(default=False)),
                ('drafted_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField(null=True)),
                ('request', models.CharField(blank=True, default='', help_text='number of the request for approval', max_length=32)),
                ('approved_at', models.DateTimeField(null=True)),
                ('from_on', models.DateField(help_text='the first day it may be used', null=True)),
                ('until_on', models.DateField(help_text='the first day it may no longer be used', null=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('drafted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('retired_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('template', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='outreach.template')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('template', 'number'), name='outreach_template_version_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), ('from_on__isnull', False), _connector='OR'), name='outreach_approved_from_a_day')],
            },
        ),
        migrations.RunSQL(_GUARD, _UNDO),
    ]
