"""Where providers tell what became of what they carry. Nobody is signed in here: the signature, or the token in the
address, proves who speaks, and whatever is not proven hears the same bare no."""

from __future__ import annotations

from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from liangqing.kit import clock
from liangqing.outreach.actions import callbacks
from liangqing.outreach.channels.carriers import NotFromProvider

MOST_BYTES = 1_000_000
"""No provider pushes more at once."""
MOST_WRONG = 60
"""So many a minute and address may be wrong; after that nothing of it is looked at until the minute is over."""
_MINUTE_S = 60


@csrf_exempt
@require_POST
@never_cache
def called(request: HttpRequest, provider: int, token: str) -> HttpResponse:
    """A provider's callback: 200 with the answer it expects; 403 without any detail; 413 and 429 before it is read."""
    if _size(request) > MOST_BYTES:
        return HttpResponse(status=413)
    wrong = f"callbacks/{request.META.get('REMOTE_ADDR', '')}/{int(clock.now().timestamp()) // _MINUTE_S}"
    if cache.get(wrong, 0) >= MOST_WRONG:
        answer = HttpResponse(status=429)
        answer["Retry-After"] = str(_MINUTE_S)
        return answer
    try:
        said = callbacks.take(provider, token=token, headers=request.headers, body=request.body)
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except NotFromProvider:
        cache.add(wrong, 0, _MINUTE_S)
        cache.incr(wrong)
        return HttpResponse(status=403)
    return JsonResponse(said)


def _size(request: HttpRequest) -> int:
    """As announced; a body whose size nobody announces is not read."""
    said = request.headers.get("Content-Length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else MOST_BYTES + 1
