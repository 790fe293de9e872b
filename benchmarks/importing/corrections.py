"""A row that says why what is recorded was wrong: it supersedes that as a whole, and is known from the day of import.

It gives the whole row as it should have been. A later file without that word stays refused where it contradicts.
"""

from .outcome import ADDED, CHANGED, UNCHANGED

NOTHING_THERE = "nothing is recorded that it could correct"
CORRECTING = """
    UPDATE staged SET new_value = true, corrects = there.standing FROM (
        SELECT s.line, max(m.id) AS standing {}
        WHERE NOT s.bad AND s.correction <> '' AND NOT s.new_value AND s.measurement_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM benchmarks_measurement later WHERE later.supersedes_id = m.id)
        GROUP BY s.line) there
    WHERE there.line = staged.line"""
OF_NOTHING = """
    SELECT line, correction FROM staged
    WHERE NOT bad AND correction <> '' AND new_value AND corrects IS NULL AND NOT corrects_class"""
CORRECTED = "JOIN benchmarks_measurement old ON old.id = s.corrects"
WHAT = f"""
    CASE WHEN NOT (new_value OR new_class) THEN '{UNCHANGED}'
    WHEN corrects IS NOT NULL OR (new_class AND corrects_class) THEN '{CHANGED}' ELSE '{ADDED}' END"""
