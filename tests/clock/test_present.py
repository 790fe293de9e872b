from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.request import Request

from transitions.clock import present
from transitions.clock.models import Rehearsal

pytestmark = pytest.mark.django_db
BEGINNING = datetime(2020, 10, 1, 6, 0, tzinfo=UTC)


class TestNow:
    def test_is_the_machines_clock_where_there_is_no_rehearsal(self):
        before = timezone.now()
        assert before <= present.now() <= timezone.now()
        assert not present.rehearsing()

    def test_goes_on_from_where_the_rehearsal_began(self):
        present.rehearse(BEGINNING)
        first = present.now()
        assert BEGINNING < first < present.now() < BEGINNING + timedelta(minutes=1)
        assert present.rehearsing()


class TestRehearse:
    def test_jumps_ahead(self):
        present.rehearse(BEGINNING)
        later = BEGINNING + timedelta(days=90)
        present.rehearse(later)
        assert later < present.now() < later + timedelta(minutes=1)

    @pytest.mark.parametrize("back", [timedelta(0), timedelta(seconds=1), timedelta(days=400)])
    def test_never_runs_backwards_and_says_where_it_stands(self, back):
        present.rehearse(BEGINNING)
        with pytest.raises(present.RunsBackwards, match="2020-10-01T06:00Z"):
            present.rehearse(BEGINNING - back)
        assert present.now() > BEGINNING

    def test_has_one_row_at_most(self):
        present.rehearse(BEGINNING)
        with pytest.raises(IntegrityError), transaction.atomic():
            Rehearsal.objects.bulk_create([Rehearsal(only=False, offset=timedelta(0))])
        with pytest.raises(IntegrityError), transaction.atomic():
            Rehearsal.objects.bulk_create([Rehearsal(offset=timedelta(0))])


class TestAskedAt:
    def test_is_read_once_for_the_whole_of_a_request(self, django_assert_num_queries):
        request = RequestFactory().get("/")
        with django_assert_num_queries(1):
            first = present.asked_at(request)
            assert present.asked_at(request) == first
            assert present.asked_at(Request(request)) == first

    def test_is_read_once_when_the_wrapper_asks_first(self):
        request = RequestFactory().get("/")
        first = present.asked_at(Request(request))
        assert present.asked_at(request) == first

    def test_is_another_for_another_request(self):
        assert present.asked_at(RequestFactory().get("/")) < present.asked_at(RequestFactory().get("/"))


class TestBanner:
    def test_is_there_in_a_rehearsal_alone(self):
        request = RequestFactory().get("/")
        assert present.rehearsal_banner(request) == {"rehearsal_at": None}
        present.rehearse(BEGINNING)
        request = RequestFactory().get("/")
        assert present.rehearsal_banner(request) == {"rehearsal_at": present.asked_at(request)}


class TestDay:
    @pytest.mark.parametrize(
        ("zone", "expected"),
        [("Africa/Khartoum", date(2021, 1, 1)), ("UTC", date(2020, 12, 31)), ("America/New_York", date(2020, 12, 31))],
    )
    def test_is_that_of_the_zone(self, zone, expected):
        assert present.day(datetime(2020, 12, 31, 22, 30, tzinfo=UTC), zone) == expected
