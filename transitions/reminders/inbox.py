"""A person's own messages, in the admin: what came, why, and the same answers as in a letter."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from transitions.access.admin_base import ReadOnlyAdmin
from transitions.clock import present
from transitions.outbox.kinds import Kind, Letter, letters
from transitions.outbox.models import Absence
from transitions.outbox.parcels import why

from .acts import ANSWERS
from .answering import days_of
from .answers import CannotAnswer
from .asked import rule_of
from .handing_on import colleagues
from .models import Answer, MyMessage

REFUSALS = (CannotAnswer, PermissionDenied, ValidationError)


class AnsweredFilter(admin.SimpleListFilter):
    title, parameter_name = "answered", "answered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "not yet"), ("yes", "answered")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(answered_=self.value() == "yes") if self.value() else queryset


def with_what_waits(listing: type[ChangeList]) -> type[ChangeList]:
    """What has not left yet is listed by what its letter would say, all of a page written at once."""

    class Inbox(listing):  # type: ignore[misc, valid-type]
        result_list: Any

        def get_results(self, request: HttpRequest) -> None:
            super().get_results(request)
            self.result_list = list(self.result_list)
            waiting = {message.pk: message for message in self.result_list if not message.rendered}
            for pk, written in letters(list(waiting.values()), now=present.asked_at(request)).items():
                if isinstance(written, Letter):
                    waiting[pk].would_say = written.subject

    return Inbox


@admin.register(MyMessage)
class InboxAdmin(ReadOnlyAdmin):
    """What was not answered comes first, then the newest."""

    list_display = ["told", "transition", "recipient", "ready_at", "delivery", "answered"]
    list_display_links = ["told"]
    list_filter = [AnsweredFilter]
    list_select_related = ["recipient", "transition"]
    search_fields = ["rendered"]
    fields = ["told", "letter", "why_you", "transition", "recipient", "delivery", "ready_at", "sent_at", "answered"]
    readonly_fields = ["told", "letter", "why_you", "answered", "delivery"]
    change_form_outer_after_template = "reminders/admin/answer.html"

    # --- which: one's own, and those of whom one stands in for today

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        now = present.asked_at(request)
        away = Absence.objects.filter(deputy=request.user.pk, from_date__lte=now.date(), until__gte=now.date())
        theirs = Q(recipient=request.user.pk) | Q(recipient__in=away.values("person"))
        answers = Answer.objects.filter(message=OuterRef("pk"))
        seen = MyMessage.objects.visible_to(request.user, now=now).filter(theirs, address=None, suppressed_at=None)
        told = seen.annotate(answered_=Exists(answers)).filter(Q(withdrawn_at=None) | Q(answered_=True))
        return told.prefetch_related("answers__by", "answers__to").order_by(*self.get_ordering(request))

    def get_ordering(self, request: HttpRequest) -> list[str]:
        return ["answered_", "-queued_at", "-pk"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return with_what_waits(super().get_changelist(request, **kwargs))

    # --- what is shown

    @admin.display(description="message")
    def told(self, message: MyMessage) -> str:
        """The subject as sent; before that, as it would be, or what sort of thing it is."""
        if said := message.rendered.partition("\n")[0] or getattr(message, "would_say", ""):
            return said
        kind = Kind.named.get(message.kind)
        due = message.payload.get("due")
        return f"{(kind and kind.title) or message.kind}{f', due on {due}' if due else ''}"

    @admin.display(description="letter")
    def letter(self, message: MyMessage) -> str:
        said = message.rendered or self.as_it_would_be(message)
        return format_html('<div style="white-space:pre-wrap">{}</div>', said)

    def as_it_would_be(self, message: MyMessage) -> str:
        written = letters([message], now=message.due_at)[message.pk]
        if isinstance(written, Letter):
            return f"Not sent yet. It would say:\n\n{written.subject}\n\n{written.text}"
        return f"It was not sent: {message.why_not or written.why}"

    @admin.display(description="why it came")
    def why_you(self, message: MyMessage) -> str:
        return why(message)

    @admin.display(description="delivery")
    def delivery(self, message: MyMessage) -> str:
        return message.delivery

    @admin.display(description="answers")
    def answered(self, message: MyMessage) -> str:
        return "; ".join(str(answer) for answer in message.answers.all())

    # --- answers

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        message = self.get_object(request, object_id)
        offered = self.offered(request, message) if message else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **offered})

    def offered(self, request: HttpRequest, message: MyMessage) -> dict[str, Any]:
        """The answers that were not given yet."""
        now, given = present.asked_at(request), {answer.kind for answer in message.answers.all()}
        kinds = list(Answer.Kind) if rule_of(message) else [Answer.Kind.ACKNOWLEDGED]
        left = [kind for kind in kinds if kind not in given]
        more = {"colleagues": colleagues(message, now=now), **days_of(message, now=now)} if rule_of(message) else {}
        return {"left": left, **more}

    def get_urls(self) -> Any:
        view = self.admin_site.admin_view(require_POST(self.answer))
        return [path("<int:pk>/answer/<slug:kind>/", view, name="reminders_mymessage_answer"), *super().get_urls()]

    def answer(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        message = self.get_object(request, str(pk))
        if message is None or kind not in ANSWERS:
            raise Http404
        now = present.asked_at(request)
        try:
            made = ANSWERS[kind](message, request.POST, by=request.user, now=now, via=Answer.Via.INBOX)
        except REFUSALS as refusal:
            for sentence in refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]:
                messages.error(request, sentence)
        else:
            messages.success(request, f"Answered: {made}.")
        return HttpResponseRedirect(reverse("admin:reminders_mymessage_change", args=[pk]))


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    """What people have answered, for who follows whether anybody has."""

    list_display = ["message", "kind", "by", "on", "until", "to", "via"]
    list_filter = ["kind", "via"]
    list_select_related = ["message__recipient", "message__transition", "by", "to"]
    ordering = ["-pk"]
    fields = ["message", "kind", "person", "until", "to", "by", "via", "on", "recorded_at"]
