CONTENT_TYPE = ACCEPT_TYPE = "application/custom"


class CustomPayloadTranslator:
    """What the user subclasses: how a payload becomes bytes, and bytes a payload."""

    def __init__(self, content_type=CONTENT_TYPE, accept_type=ACCEPT_TYPE):
        self._content_type = content_type
        self._accept_type = accept_type

    def serialize(self, payload, content_type=CONTENT_TYPE):
        return self.serialize_payload_to_bytes(payload)

    def deserialize(self, stream, content_type=CONTENT_TYPE):
        return self.deserialize_payload_from_stream(stream)

    @property
    def CONTENT_TYPE(self):
        return self._content_type

    @property
    def ACCEPT(self):
        return self._accept_type
