"""A new password: asked for by address, set behind the mailed link."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.forms import EmailForm, NewPasswordForm
from accounts.models import User
from accounts.refusals import QuotaExceeded
from accounts.services import passwords
from accounts.tasks import queue_password_link
from accounts.views.links import count_try, page, told, too_many

_KEPT = "axiom_new_password"


@require_http_methods(["GET", "POST"])
def forgotten_view(request: HttpRequest) -> HttpResponse:
    """Ask for the address; the answer is the same whether it has an account or not."""
    form = EmailForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return page(request, "accounts/forgotten.html", {"form": form}, status=status)
    try:
        count_try(request, "forgotten", now=timezone.now())
        user = passwords.wanted_by(form.cleaned_data["email"], now=timezone.now())
    except QuotaExceeded as error:
        return too_many(request, error)
    queue_password_link(user)
    words = "If that address has an account, a link is on its way. It works once, for an hour."
    return told(request, "Look into your mail", words)


@require_http_methods(["GET", "POST"])
def new_password_view(request: HttpRequest) -> HttpResponse:
    """Take the token out of the address, then ask for the password on a page without it."""
    if "token" in request.GET:
        return _keep(request)
    user = _kept(request)
    if user is None:
        return _closed(request)
    form = NewPasswordForm(request.POST or None, email=user.email)
    if request.method == "POST" and form.is_valid():
        passwords.set_by_link(user, form.cleaned_data["password"])
        request.session.flush()
        messages.success(request, "Your new password is set. Sign in with it.")
        return redirect("admin:login")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context: dict[str, object] = {"form": form, "email": user.email}
    return page(request, "accounts/new_password.html", context, status=status)


def _keep(request: HttpRequest) -> HttpResponse:
    user = passwords.owner_of(request.GET.get("who", ""), request.GET["token"])
    if user is None:
        return _closed(request)
    # What is kept stops fitting as soon as the password changes.
    request.session[_KEPT] = [user.public_id, user.get_session_auth_hash()]
    return redirect("new-password")


def _kept(request: HttpRequest) -> User | None:
    public_id, fingerprint = request.session.get(_KEPT, ("", ""))
    user = User.objects.filter(public_id=public_id).first()
    return user if user and user.get_session_auth_hash() == fingerprint else None


def _closed(request: HttpRequest) -> HttpResponse:
    try:
        count_try(request, "new password", now=timezone.now())
    except QuotaExceeded as error:
        return too_many(request, error)
    words = "It was used, or it is older than an hour. Ask for a new one at the sign-in."
    return told(request, "This link is closed", words, status=HTTPStatus.GONE)
