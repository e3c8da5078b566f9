"""The database itself keeps what was said, and hears nobody on their own request or twice in a round."""

from django.db import migrations

from liangqing.kit.guards import append_only

_STAYS = """
CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON approvals_request
    FOR EACH STATEMENT EXECUTE FUNCTION liangqing_refuse();
CREATE TRIGGER what_was_asked_stays BEFORE UPDATE OF id, number, act, subject_kind, subject_id, subject_stored, party_id,
    department_id, requested_by_id, requested_at ON approvals_request
    FOR EACH STATEMENT EXECUTE FUNCTION liangqing_refuse();
CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON approvals_delegation
    FOR EACH STATEMENT EXECUTE FUNCTION liangqing_refuse();
CREATE TRIGGER what_was_given_stays BEFORE UPDATE OF id, principal_id, delegate_id, from_on, until_on, acts, reason,
    made_by_id, made_at ON approvals_delegation
    FOR EACH STATEMENT EXECUTE FUNCTION liangqing_refuse();
"""
_STAYS_NOT = """
DROP TRIGGER no_delete ON approvals_request; DROP TRIGGER what_was_asked_stays ON approvals_request;
DROP TRIGGER no_delete ON approvals_delegation; DROP TRIGGER what_was_given_stays ON approvals_delegation;
"""

# The request is locked while a vote is written, so that of two voices one sees the other.
_ONE_VOICE = """
CREATE FUNCTION approvals_one_voice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE requester bigint;
BEGIN
    SELECT requested_by_id INTO requester FROM approvals_request WHERE id = NEW.request_id FOR UPDATE;
    IF requester IN (NEW.person_id, NEW.on_behalf_of_id) THEN
        RAISE EXCEPTION 'nobody decides on their own request' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM approvals_vote v WHERE v.request_id = NEW.request_id AND v.round = NEW.round
               AND (v.person_id IN (NEW.person_id, NEW.on_behalf_of_id)
                    OR v.on_behalf_of_id IN (NEW.person_id, NEW.on_behalf_of_id))) THEN
        RAISE EXCEPTION 'nobody is heard twice in a round' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_voice BEFORE INSERT ON approvals_vote FOR EACH ROW EXECUTE FUNCTION approvals_one_voice();
"""
_ANY_VOICE = "DROP TRIGGER one_voice ON approvals_vote; DROP FUNCTION approvals_one_voice;"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial"), ("trail", "0002_guards")]
    operations = [
        append_only("approvals_vote"),
        append_only("approvals_attachment"),
        migrations.RunSQL(_STAYS, _STAYS_NOT),
        migrations.RunSQL(_ONE_VOICE, _ANY_VOICE),
    ]
