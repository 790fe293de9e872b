import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config import logs


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO)
    caplog.handler.addFilter(logs.Context())
    caplog.handler.setFormatter(logs.JsonLines())
    return lambda: [json.loads(line) for line in caplog.text.splitlines()]


def work(request: HttpRequest) -> HttpResponse:
    logging.getLogger("transitions.anything").warning("meanwhile")
    return HttpResponse("done")


class TestRequestLog:
    def test_writes_one_line_a_request_with_its_id(self, client: Client, lines: Any) -> None:
        response = client.get("/healthz?token=secret", headers={"x-request-id": "caller-0001"})
        (line,) = lines()
        assert response["X-Request-ID"] == "caller-0001"
        assert line["request_id"] == "caller-0001"
        assert (line["method"], line["path"], line["status"]) == ("GET", "/healthz", 200)
        assert "secret" not in json.dumps(line)

    @pytest.mark.parametrize("path", ["/feeds/s3cret.ics", "/feeds/s3cret", "/feeds/s3cret.ics/x?y=s3cret"])
    def test_has_no_secret_of_a_feed_s_address(self, rf: RequestFactory, lines: Any, path: str) -> None:
        logs.RequestLog(work)(rf.get(path))
        logging.getLogger("transitions").error("Internal Server Error: %s", path)
        found = lines()
        assert len(found) == 3
        assert "s3cret" not in json.dumps(found)

    def test_whatever_is_logged_meanwhile_carries_the_id(self, rf: RequestFactory, lines: Any) -> None:
        response = logs.RequestLog(work)(rf.get("/"))
        work(rf.get("/"))
        meanwhile, request, afterwards = lines()
        assert meanwhile["request_id"] == request["request_id"] == response["X-Request-ID"]
        assert "request_id" not in afterwards

    @pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space in it", "new\nline-in-it"])
    def test_an_id_that_could_do_harm_is_replaced(self, rf: RequestFactory, given: str) -> None:
        request = rf.get("/", HTTP_X_REQUEST_ID=given)
        assert logs.RequestLog(work)(request)["X-Request-ID"] != given

    def test_an_error_stands_in_its_line(self, lines: Any) -> None:
        try:
            raise ValueError("as it happened")
        except ValueError:
            logging.getLogger("transitions").exception("failed")
        (line,) = lines()
        assert "ValueError: as it happened" in line["error"]


class TestTaskLog:
    def test_writes_one_line_a_task_with_its_id(self, lines: Any) -> None:
        task = SimpleNamespace(name="a.task", request=SimpleNamespace())
        logs.task_begins(task_id="t-1", task=task)
        logs.task_ends(task=task, state="SUCCESS")
        logging.getLogger("transitions").warning("afterwards")
        line, afterwards = lines()
        assert (line["task_id"], line["task"], line["state"]) == ("t-1", "a.task", "success")
        assert line["ms"] >= 0
        assert "task_id" not in afterwards
