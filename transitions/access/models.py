from collections.abc import Iterable
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any, ClassVar

import pghistory
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, When

from transitions.clock.present import day

from .permissions import POSTS, Marking, Permission, Role


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractUser):
    """A person, with or without an account yet (then without a usable password), or a service account.

    `is_superuser` opens the technical set-up (people and their roles) and nothing of the domain: no step,
    no transition, no message.
    """

    display_name = models.CharField(max_length=120, blank=True, help_text="as it is written in messages and history")
    is_service = models.BooleanField(default=False, help_text="a program, a replay or an import, not a person")
    illustrative = models.BooleanField(default=False, help_text="made up for the demonstration")

    _grants: "list[Grant] | None" = None
    heard_as = ""  # in which role they were found by what writes to them: its messages say so

    def __str__(self) -> str:
        return self.display_name or self.get_full_name() or self.username

    def has_perm(self, perm: Any, obj: Any = None) -> bool:
        """Django's own permission strings grant nothing here: what a person may is said by their grants alone."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False

    def grants_in_force(self, *, now: datetime) -> "list[Grant]":
        """Each judged on the day that it is in its own transition. Read once for each user object: once a request."""
        if self._grants is None:
            self._grants = list(self.grants.select_related("transition"))
        return [grant for grant in self._grants if grant.in_force(now)] if self.is_active else []


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, *, on: date) -> "GrantQuerySet":
        return self.filter(
            Q(from_date=None) | Q(from_date__lte=on), Q(until=None) | Q(until__gte=on), user__is_active=True
        )


@pghistory.track()
class Grant(models.Model):
    """A person holds a role in an office of a transition, between two days (both counted, in the transition's zone).

    An officer-in-charge is a grant of the absent person's role that is marked `acting`.
    A grant without a transition holds for all of them and has no office.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants")
    role = models.CharField(max_length=40, choices=Role.choices)
    transition = models.ForeignKey("missions.Transition", models.PROTECT, null=True, blank=True, related_name="grants")
    office = models.ForeignKey("missions.Office", models.PROTECT, null=True, blank=True, related_name="grants")
    pillar = models.ForeignKey("missions.Pillar", models.PROTECT, null=True, blank=True, related_name="+",
                               help_text="a pillar lead's own pillar")  # fmt: skip
    from_date = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True, help_text="the last day")
    acting = models.BooleanField("officer-in-charge", default=False)

    objects: ClassVar[Any] = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "transition", "office", "pillar", "from_date"],
                nulls_distinct=False,
                name="a_role_once",
            ),
            models.CheckConstraint(condition=Q(until=None) | Q(from_date=None) | Q(until__gte=F("from_date")),
                                   name="grant_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(transition=None) | Q(office__isnull=False), name="grant_has_an_office"),
            models.CheckConstraint(condition=Q(transition__isnull=False) | Q(office=None, pillar=None),
                                   name="grant_for_all_has_no_office"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["transition", "role"], name="holders_of_a_role")]

    def __str__(self) -> str:
        return f"{self.user}, {'acting ' if self.acting else ''}{self.get_role_display()}"

    @property
    def post(self) -> Any:
        return POSTS[Role(self.role)]

    def in_force(self, now: datetime) -> bool:
        on = day(now, self.transition.time_zone if self.transition else "UTC")
        return (self.from_date is None or self.from_date <= on) and (self.until is None or on <= self.until)

    def gives(self, permission: Permission, pillar_id: int | None) -> bool:
        """A grant for one pillar reaches only things of that pillar."""
        return permission in self.post.permissions and self.pillar_id in (None, pillar_id)

    def covers(self, transition_id: int | None) -> bool:
        return self.transition_id is None or self.transition_id == transition_id


def grants_in(user: Any, transition: Any, *, now: datetime) -> list[Grant]:
    """A person's grants that count in this transition today."""
    return [grant for grant in grants_of(user, now=now) if grant.covers(transition.pk)]


def grants_of(user: Any, *, now: datetime) -> list[Grant]:
    """A person's grants today. Nobody (an anonymous request) has none."""
    return user.grants_in_force(now=now) if isinstance(user, User) else []


def roles_of(user: Any, transition: Any, *, now: datetime) -> set[Role]:
    return {Role(grant.role) for grant in grants_in(user, transition, now=now)}


def may(user: Any, permission: Permission, transition: Any, *, now: datetime, pillar_id: int | None = None) -> bool:
    """Whether a person holds a permission here; a grant for one pillar reaches only things of that pillar."""
    return any(grant.gives(permission, pillar_id) for grant in grants_in(user, transition, now=now))


def may_anywhere(user: Any, permission: Permission, *, now: datetime) -> bool:
    """Whether a person holds a permission in any transition: for a menu or an empty form, never for a thing."""
    return any(permission in grant.post.permissions for grant in grants_of(user, now=now))


def seen_by(user: Any, *, now: datetime, transition: str, marking: str | Iterable[str] | None = None) -> Q:
    """What a person may see of a model, as a condition on the path to its transition and on its markings.

    Lists, details, exports, feeds and pages all start from it, so that they cannot disagree.
    """
    highest: dict[int | None, Marking] = {}
    ordered = list(Marking)
    for grant in grants_of(user, now=now):
        held = highest.get(grant.transition_id, Marking.UNCLASSIFIED)
        highest[grant.transition_id] = max(held, grant.post.clearance, key=ordered.index)
    return _any_of(highest, transition, [marking] if isinstance(marking, str) else [*(marking or ())])


def _any_of(highest: dict[int | None, Marking], transition: str, markings: list[str]) -> Q:
    """As few words as it takes: every list in the program carries it, some of them several times."""
    parts = []
    for clearance in Marking:
        ids = [pk for pk, held in highest.items() if held == clearance]
        if not ids:
            continue
        read = Q(*((f"{marking}__in", Marking.up_to(clearance)) for marking in markings))
        parts.append(read if None in ids else Q(**{f"{transition}__in": ids}) & read)
    if not all(parts):  # an empty condition says nothing where it is joined to another by “or”
        return ~Q(pk__in=[])
    return reduce(or_, parts) if parts else Q(pk__in=[])


def holders(transition_id: int, roles: Iterable[Role], *, on: date) -> models.QuerySet[User]:
    """The people, never programs, who hold one of these roles in a transition on a day; whoever acts among them.

    Each is heard as the first of the roles that they hold.
    """
    asked = list(roles)
    held = Grant.objects.in_force(on=on).filter(Q(transition=transition_id) | Q(transition=None), role__in=asked)
    first = Case(*[When(role=role, then=place) for place, role in enumerate(asked)])
    role = Subquery(held.filter(user=OuterRef("pk")).order_by(first).values("role")[:1])
    people = User.objects.filter(pk__in=held.values("user"), is_service=False).order_by("pk")
    named: dict[str, Any] = {"heard_as": role}  # over the attribute of that name, which is no column
    return people.annotate(**named)


class SeenQuerySet(models.QuerySet[Any]):
    """What a person may see of a model, by two names that the model gives.

    `belongs_to` is the path to its transition (empty: public records, seen by everybody who holds a role). `marked_by`
    are the paths to the markings that the person's clearance must reach: its own, where it has one, unless it says so.
    """

    def visible_to(self, user: Any, *, now: datetime) -> "SeenQuerySet":
        path = getattr(self.model, "belongs_to", "transition")
        if not path:
            return self.all() if grants_of(user, now=now) else self.none()
        return self.filter(seen_by(user, now=now, transition=path, marking=markings_of(self.model)))


def markings_of(model: type[models.Model]) -> tuple[str, ...]:
    own = ("marking",) if any(field.name == "marking" for field in model._meta.fields) else ()
    return getattr(model, "marked_by", own)
