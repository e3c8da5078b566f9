"""Where everything is found."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path

from liangqing.api.doors import api
from liangqing.workbench import callbacks, unsubscribing

# Signing in; no sign-up, and no mail: an administrator gives accounts and new passwords.
_SIGNING = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("2fa/", include("allauth.mfa.urls")),
]

urlpatterns = [
    path("api/v1/", api.urls),
    path("callbacks/<int:provider>/<str:token>/", callbacks.called, name="callbacks"),
    path("unsubscribe/<str:token>/", unsubscribing.unsubscribe, name="unsubscribe"),
    path("accounts/", include(_SIGNING)),
    path("", include("liangqing.workbench.urls")),
]
