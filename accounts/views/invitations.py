"""The page behind an invitation's link: who comes in, and how; or why nobody does."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.forms import NewcomerForm, ReturningForm
from accounts.models import Invitation, User, UserStatus
from accounts.models.invitation import Closed
from accounts.refusals import QuotaExceeded, Refused
from accounts.services import invitations
from accounts.tenancy.current import choose_project
from accounts.views.links import count_try, page, told, too_many

_KEPT = "axiom_invitation"  # what the session holds of it: the hash, never the token
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_PAGE = "accounts/invitation.html"


@require_http_methods(["GET", "POST"])
def invitation_view(request: HttpRequest) -> HttpResponse:
    """Take the token out of the address, then let the invited person in by a page without it."""
    try:
        if "token" in request.GET:
            return _keep(request, request.GET["token"])
        return _answer(request)
    except QuotaExceeded as error:
        return too_many(request, error)
    except Closed as error:
        return told(request, "This link is closed", error.message, status=HTTPStatus.GONE)


def _keep(request: HttpRequest, token: str) -> HttpResponse:
    invitation = Invitation.objects.with_token(token).with_people().first()
    if invitation is None:
        return _unknown(request)
    invitation.refuse_closed(timezone.now())
    request.session[_KEPT] = invitation.token_hash
    return redirect("invitation")


def _unknown(request: HttpRequest) -> HttpResponse:
    count_try(request, "invitation", now=timezone.now())
    words = (
        "It may have been copied in part, or a newer one was sent. Open the link of the last mail, "
        "or ask whoever invited you to send it again."
    )
    return told(request, "This link opens nothing", words, status=HTTPStatus.GONE)


def _answer(request: HttpRequest) -> HttpResponse:
    kept = request.session.get(_KEPT, "")
    invitation = Invitation.objects.with_people().filter(token_hash=kept).first() if kept else None
    if invitation is None:
        return _unknown(request)
    invitation.refuse_closed(timezone.now())
    if isinstance(request.user, User):
        return _for_signed_in(request, invitation, request.user)
    account = User.objects.filter(email=invitation.email).first()
    if account is None or account.status == UserStatus.INVITED:
        return _for_newcomer(request, invitation)
    if not account.is_active:
        words = "The account of this address is suspended. Ask the platform's staff."
        return told(request, "You can't come in now", words, status=HTTPStatus.FORBIDDEN)
    return _for_returning(request, invitation)


def _for_signed_in(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    if request.method == "POST" and "_sign_out" in request.POST:
        return _signed_out(request, invitation)
    if user.email != invitation.email:
        context: dict[str, object] = {"invitation": invitation, "is_somebody_else": True}
        return page(request, _PAGE, context, status=HTTPStatus.CONFLICT)
    if request.method == "POST":
        return _come_in(request, invitation, user)
    return page(request, _PAGE, {"invitation": invitation, "is_ready": True})


def _for_newcomer(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = NewcomerForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        try:
            user = invitations.accept_as_newcomer(
                invitation, **form.cleaned_data, now=timezone.now()
            )
        except Refused as error:
            form.add_error(None, error.message)
        else:
            login(request, user, backend=_BACKEND)
            return _inside(request, invitation)
    return _form(request, invitation, form, verb="Join")


def _for_returning(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = ReturningForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = authenticate(
            request, username=invitation.email, password=form.cleaned_data["password"]
        )
        if isinstance(user, User):
            login(request, user)
            return _come_in(request, invitation, user)
        form.add_error("password", "This is not the password of that account. Try again.")
    return _form(request, invitation, form, verb="Sign in and join")


def _form(
    request: HttpRequest, invitation: Invitation, form: NewcomerForm | ReturningForm, *, verb: str
) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context: dict[str, object] = {"invitation": invitation, "form": form, "verb": verb}
    return page(request, _PAGE, context, status=status)


def _come_in(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    invitation.accept(user, now=timezone.now())
    return _inside(request, invitation)


def _inside(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    request.session.pop(_KEPT, None)
    choose_project(request, invitation.project.public_id)
    role = invitation.get_role_display().lower()
    messages.success(request, f"You are in “{invitation.project}” now, as {role}.")
    return redirect("admin:index")


def _signed_out(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    request.session.flush()
    request.session[_KEPT] = invitation.token_hash
    return redirect("invitation")
