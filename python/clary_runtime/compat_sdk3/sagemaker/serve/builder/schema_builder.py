"""A pickled SchemaBuilder holds its serializers and deserializers; a served model calls only those."""

from sagemaker.core.serializers import CSVSerializer, JSONSerializer


class JSONSerializerWrapper(JSONSerializer):
    def serialize(self, data):
        return super().serialize(data).encode("utf-8")


class CSVSerializerWrapper(CSVSerializer):
    def serialize(self, data):
        return super().serialize(data).encode("utf-8")


class DeserializerWrapper:
    def __init__(self, deserializer, accept):
        self._deserializer = deserializer
        self._accept = accept

    def deserialize(self, stream, content_type=None):
        return self._deserializer.deserialize(stream, self._accept[0])

    @property
    def ACCEPT(self):
        return self._accept[0]


class SchemaBuilder:
    pass
