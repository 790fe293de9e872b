import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
_ = get_resolver().url_patterns  # loads every page now, so that the first who asks does not wait for it
# What is loaded stays for good. To walk through it at each collection took a quarter of the time of a large answer.
gc.collect()
gc.freeze()
