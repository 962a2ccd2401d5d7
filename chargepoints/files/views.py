"""Files over HTTP. The token in a URL allows the transfer of one file, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from chargepoints.models import Upload
from chargepoints.services.files import hosting, uploads
from chargepoints.services.files.hosting import FileTooLarge

CHUNK = 64 * 1024
RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@require_safe
def firmware(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """A firmware image; after a broken connection, a charger may continue where it stopped."""
    found = hosting.find_firmware(token)
    if found is None:
        raise Http404
    file = found.file.open("rb")
    response = FileResponse(file, filename=found.name, content_type="application/octet-stream")
    response["Accept-Ranges"] = "bytes"
    wanted = RANGE.fullmatch(request.headers.get("Range", ""))
    if wanted is not None and not wanted[2] and 0 < int(wanted[1]) < found.size:
        start = int(wanted[1])
        file.seek(start)
        response = FileResponse(file, content_type="application/octet-stream", status=206)
        response["Content-Range"] = f"bytes {start}-{found.size - 1}/{found.size}"
        response["Content-Length"] = str(found.size - start)
    return response


@csrf_exempt
@require_http_methods(["PUT", "POST"])
def upload(request: HttpRequest, token: str, name: str) -> HttpResponse:
    """One file, as the body or in a form; written to disk as it arrives."""
    asked = hosting.find_upload(token)
    if asked is None:
        raise Http404
    if asked.received_at is not None:
        return HttpResponse("a file was already uploaded to this URL\n", status=409)
    if int(request.headers.get("Content-Length") or 0) > settings.UPLOAD_LIMIT_BYTES:
        return HttpResponse("too large\n", status=413)
    chunks, form_name = _content(request)
    try:
        stored_as, size = hosting.store(asked, chunks)
    except FileTooLarge:
        return HttpResponse("too large\n", status=413)
    # Only the name, not a path, because staff see it.
    shown_name = PurePosixPath((name or form_name).replace("\\", "/")).name
    if not uploads.receive(asked, stored_as, size, shown_name):
        asked.file.storage.delete(stored_as)
        return HttpResponse("a file was already uploaded to this URL\n", status=409)
    return HttpResponse(status=201)


@staff_member_required
@require_safe
def received(request: HttpRequest, pk: int) -> FileResponse:
    """A charger's upload, for staff: always an attachment, so that no browser executes it."""
    if not request.user.has_perm("chargepoints.view_upload"):
        raise PermissionDenied
    found = get_object_or_404(Upload, pk=pk, received_at__isnull=False)
    name = found.file_name or f"{found.kind}-{found.pk}"
    response = FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _content(request: HttpRequest) -> tuple[Iterator[bytes], str]:
    """The content of the file, and its name in a form."""
    if request.method == "POST" and request.content_type == "multipart/form-data":
        request.upload_handlers = [TemporaryFileUploadHandler(request)]
        file: Any = next(iter(request.FILES.values()), None)
        if file is not None:
            return file.chunks(CHUNK), file.name or ""
    return iter(lambda: request.read(CHUNK), b""), ""
