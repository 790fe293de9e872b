"""Whom a reminder reaches: paths from an item to one person, tried one after the other until somebody is found."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import CharField, DateField, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from transitions.access.models import Grant, User
from transitions.access.permissions import Role

TODAY = "today_"  # on each item: the day in its transition's own zone


@dataclass(frozen=True)
class Path:
    """A way from an item to one person, and in which role it finds them: what they read as the reason."""

    role: str
    query: Subquery

    @property
    def found(self) -> Any:
        """Person and role in one value, so that no path is asked once somebody was found."""
        return Func(Cast(self.query, CharField()), Value(f"/{self.role}"), template="(%(expressions)s)",
                    arg_joiner=" || ", output_field=CharField())  # fmt: skip


def local_day(transition: str, now: Any) -> Func:
    return Func(
        F(f"{transition}__time_zone"),
        Value(now),
        template="(timezone(%(expressions)s))::date",
        output_field=DateField(),
    )


REACHABLE = Q(user__is_active=True, user__is_service=False) & ~Q(user__email="")


def holder(role: Role, *, transition: str = "transition", **where: Any) -> Path:
    """One who holds a role here today: for this transition alone first, and the officer-in-charge before the absent."""
    here = Q(transition=OuterRef(transition)) | Q(transition=None)
    held = Grant.objects.filter(here, *standing(), REACHABLE, role=role, **where)
    first = held.order_by(F("transition").asc(nulls_last=True), "-acting", "pk")
    return Path(role.label, Subquery(first.values("user")[:1]))


def standing(today: OuterRef = OuterRef(TODAY)) -> tuple[Q, Q]:  # noqa: B008 (it is never changed)
    return Q(from_date=None) | Q(from_date__lte=today), Q(until=None) | Q(until__gte=today)


def officer_in_charge(office: str) -> Path:
    held = Grant.objects.filter(*standing(), REACHABLE, office=OuterRef(office), acting=True)
    return Path("officer-in-charge", Subquery(held.order_by("-from_date", "pk").values("user")[:1]))


def person(path: str, *, transition: str = "transition") -> Path:
    """Who stands at a path, if they are still there: not one whose roles here have all ended."""
    here = Q(transition=OuterRef(OuterRef(transition))) | Q(transition=None)
    in_force = Q(*standing(OuterRef(OuterRef(TODAY))))
    roles = Grant.objects.filter(here, user=OuterRef("pk")).order_by().values("user")
    still = Coalesce(Subquery(roles.annotate(still=BoolOr(in_force)).values("still")), True)
    found = User.objects.filter(still, pk=OuterRef(path))
    reachable = found.filter(is_active=True, is_service=False).exclude(email="")
    return Path(role_at(path), Subquery(reachable.values("pk")[:1]))


def role_at(path: str) -> str:
    """`owner_office__head` is the head of office."""
    return "head of office" if path.endswith("head") else path.rpartition("__")[2].replace("_", " ")
