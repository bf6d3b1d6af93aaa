"""What Schemathesis doesn't know by itself: how to send a mail, and that HTTP ignores unknown headers."""

import schemathesis

schemathesis.serializer.alias("message/rfc822", "text/plain")

UNKNOWN = "x-schemathesis-unknown-property"


@schemathesis.hook
def filter_case(context, case):
    """Leaves out requests whose only fault is a header that nobody knows: it is ignored, not refused."""
    return UNKNOWN not in (case.headers or {})
