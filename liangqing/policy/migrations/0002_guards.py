"""An approved version never changes: what it sets, from when and for whom is refused by the database itself."""

from django.db import migrations

_GUARD = """
CREATE FUNCTION liangqing_policy_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.state IN ('approved', 'submitted')
        AND (OLD.content, OLD.digest, OLD.from_on, OLD.base_id, OLD.share, OLD.seed, OLD.number)
            IS DISTINCT FROM (NEW.content, NEW.digest, NEW.from_on, NEW.base_id, NEW.share, NEW.seed, NEW.number))
       OR (OLD.state = 'approved' AND (NEW.state NOT IN ('approved', 'withdrawn')
            OR (OLD.approved_by, OLD.approved_at, OLD.counsel)
               IS DISTINCT FROM (NEW.approved_by, NEW.approved_at, NEW.counsel))) THEN
        RAISE EXCEPTION 'policy version % stands: % is refused', OLD.number, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON policy_version
    FOR EACH ROW EXECUTE FUNCTION liangqing_policy_stands();
"""
_UNDO = "DROP TRIGGER stands ON policy_version; DROP FUNCTION liangqing_policy_stands;"


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial")]
    operations = [migrations.RunSQL(_GUARD, _UNDO)]
