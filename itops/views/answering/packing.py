"""Pages go out packed to browsers that unpack them: over a county's lines, bytes are what is slow.

Only pages: files are packed once at start, what machines send and get is small or packed already.
Nothing that a stranger could make a page repeat stands beside a secret: forms carry no token, and
another site's requests for a page come without the cookie (it is SameSite).
"""

import gzip

from flask import Flask, Response, request

#: A shorter page fits into one packet as it is.
LEAST_BYTES = 1400
#: 0.05 ms for a usual page, 0.3 ms for the longest; level 6 takes thrice as long for a tenth less.
LEVEL = 3


def init_app(app: Flask) -> None:
    """Pack every page on its way out."""
    app.after_request(packed)


def packed(response: Response) -> Response:
    """Return the answer, packed where it is a page, long enough, and its reader can unpack it."""
    if response.mimetype != "text/html" or response.is_streamed:
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) < LEAST_BYTES or request.accept_encodings.quality("gzip") <= 0:
        return response
    if "Content-Encoding" not in response.headers:
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
