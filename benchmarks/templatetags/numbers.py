from django import template

from ..met import plain

register = template.Library()
register.filter("plain", plain)
