from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from terms.admin.pictures import picture
from terms.web.views import security_txt

handler403 = "terms.web.errors.forbidden"
handler404 = "terms.web.errors.not_found"
handler500 = "terms.web.errors.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("admin", RedirectView.as_view(pattern_name="admin:index", permanent=True)),
    path(".well-known/security.txt", security_txt),
    re_path(r"^media/(?P<path>[\w./-]{1,200})$", picture, name="picture"),
    path("", include("terms.web.urls")),
]
