"""Errors with the HTTP statuses that TensorFlow Serving gives them."""

# TensorFlow's error codes, as TensorFlow Serving's REST server turns them into statuses; 500 for the rest.
STATUSES = {1: 499, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 14: 503, 16: 401}


class ServingError(Exception):
    """Ends a request with a status and {"error": message}."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
        self.message = message


def refuse(message, *values):
    return ServingError(400, message % values if values else message)


def from_tensorflow(error):
    """For an error that TensorFlow raised while it ran the graph."""
    code = getattr(error, "error_code", None)
    if code is None:
        return ServingError(400 if isinstance(error, (TypeError, ValueError)) else 500, str(error))
    return ServingError(STATUSES.get(code, 500), getattr(error, "message", None) or str(error))
