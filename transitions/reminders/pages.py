from django.urls import path

from .ahead_page import ahead
from .answering import answer
from .rules_page import rules

routes = [
    path("answer/<str:token>/", answer, name="answer"),
    path("reminder-rules/<slug:slug>/", rules, name="reminder_rules"),
    path("transitions/<slug:slug>/who-is-told/", ahead, name="who_is_told"),
]
