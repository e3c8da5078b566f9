"""What people give to the night."""

from __future__ import annotations

from liangqing.nightly.plan import Source

SOURCES = (
    Source(
        "people",
        """SELECT u.id AS user_id, u.capacity, 'collect' = ANY(u.duties) AS collects, 'sell' = ANY(u.duties) AS sells,
                  ' ' || array_to_string(u.skills, ' ') || ' ' AS desks, u.department_id,
                  EXISTS (SELECT 1 FROM people_certificate c
                          WHERE c.user_id = u.id AND c.kind = 'collection'
                            AND c.from_on <= date '{as_of}' AND date '{as_of}' < c.until_on) AS certified,
                  EXISTS (SELECT 1 FROM people_certificate c
                          WHERE c.user_id = u.id AND c.kind = 'collection' AND c.until_on <= date '{as_of}') AS had_one
           FROM people_user u WHERE u.is_active""",
    ),
    Source(
        "heads",
        """SELECT d.id AS department_id, d.kind, d.head_id FROM people_department d
           JOIN people_user u ON u.id = d.head_id WHERE u.is_active""",
    ),
)
