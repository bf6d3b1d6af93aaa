"""What Schemathesis doesn't know by itself: how to send a mail."""

import schemathesis

schemathesis.serializer.alias("message/rfc822", "text/plain")
