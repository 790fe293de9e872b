"""What is handed over marks its handovers: whoever may not read of a task may not read of where it goes either.

In the database, because a marking is typed in the admin, imported, and written by a console alike.
"""

import pgtrigger

from transitions.access.permissions import Marking

RANKED = "array_position(ARRAY[{}], {}::text)".format(", ".join(f"'{value}'" for value in Marking.values), "{}")


def rank(column: str) -> str:
    return RANKED.format(column)


AT_LEAST_AS_ITS_TASK_OR_SITE = pgtrigger.Trigger(
    name="marked_as_what_it_hands_over",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("marking", "task_id", "site_id"),  # type: ignore[no-untyped-call]
    declare=[("above", "text")],
    func=f"""
        SELECT marking INTO above FROM (
            SELECT marking FROM handovers_mandatedtask WHERE id = NEW.task_id
            UNION ALL SELECT marking FROM handovers_site WHERE id = NEW.site_id) what;
        IF {rank("above")} > {rank("NEW.marking")} THEN
            NEW.marking = above;
        END IF;
        RETURN NEW;
    """,  # noqa: S608 - our own words
)


def marks_its_handovers(field: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="marks_its_handovers",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("marking"),  # type: ignore[no-untyped-call]
        func=f"""
            UPDATE handovers_handover SET marking = NEW.marking
            WHERE {field}_id = NEW.id AND {rank("marking")} < {rank("NEW.marking")};
            RETURN NULL;
        """,  # noqa: S608 - our own words
    )
