from django.contrib import admin
from django.urls import include, path, re_path

from terms.admin.pictures import picture

urlpatterns = [
    path("admin/", admin.site.urls),
    re_path(r"^media/(?P<path>[\w./-]{1,200})$", picture, name="picture"),
    path("", include("terms.urls")),
]
