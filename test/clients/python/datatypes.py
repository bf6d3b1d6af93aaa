"""Values of each datatype of the protocol that rounding, sign or byte order would spoil."""

import ml_dtypes
import numpy as np

SAMPLES: dict[str, np.ndarray] = {
    "BOOL": np.array([True, False, True]),
    "UINT8": np.array([0, 1, 255], dtype=np.uint8),
    "UINT16": np.array([0, 258, 65_535], dtype=np.uint16),
    "UINT32": np.array([0, 16_909_060, 2**32 - 1], dtype=np.uint32),
    # beyond 2**53 a JSON number of JavaScript is rounded
    "UINT64": np.array([0, 2**53 + 1, 2**64 - 1], dtype=np.uint64),
    "INT8": np.array([-128, 0, 127], dtype=np.int8),
    "INT16": np.array([-32_768, 258, 32_767], dtype=np.int16),
    "INT32": np.array([-(2**31), 16_909_060, 2**31 - 1], dtype=np.int32),
    "INT64": np.array([-(2**63), -(2**53) - 1, 2**63 - 1], dtype=np.int64),
    "FP16": np.array([-65_504, 0.5, 6e-8], dtype=np.float16),
    "BF16": np.array([-3e38, 0.5, 1e-38], dtype=ml_dtypes.bfloat16),
    "FP32": np.array([-3.4e38, 0.1, 1e-45], dtype=np.float32),
    "FP64": np.array([-1.7e308, 0.1, 5e-324], dtype=np.float64),
    "BYTES": np.array(["", "naïve", "日本語 🙂"], dtype=np.object_),
}
# the protocol has no JSON of these: their numbers aren't those of JSON
BINARY_ONLY = {"FP16", "BF16"}
JSON_TOO = [datatype for datatype in SAMPLES if datatype not in BINARY_ONLY]


def same(answer: np.ndarray, sample: np.ndarray) -> bool:
    """Bit for bit; clients answer text as bytes or as str."""
    if sample.dtype == np.object_:
        return [as_text(value) for value in answer.flatten()] == list(sample.flatten())
    return answer.dtype == sample.dtype and answer.tobytes() == sample.tobytes()


def as_text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
