from django.urls import path

from .answering import answer

routes = [path("answer/<str:token>/", answer, name="answer")]
