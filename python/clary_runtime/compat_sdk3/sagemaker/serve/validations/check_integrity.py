import hashlib
import hmac
import json


def compute_hash(buffer):
    return hashlib.sha256(buffer).hexdigest()


def perform_integrity_check(buffer, metadata_path):
    """serve.pkl must be the very bytes that metadata.json was written for."""
    if not metadata_path.exists():
        raise ValueError("Path to metadata.json does not exist")
    expected = json.loads(metadata_path.read_text(encoding="utf-8")).get("sha256_hash", "")
    if not hmac.compare_digest(expected, compute_hash(buffer)):
        raise ValueError("Integrity check for the serialized function or data failed.")
