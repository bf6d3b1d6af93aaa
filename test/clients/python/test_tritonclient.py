"""Triton's own HTTP client, unmodified, at the router and at a node."""

from collections.abc import Iterator

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from conftest import Server
from prefix_proxy import prefix_proxy
from tritonclient.utils import InferenceServerException

MODEL = "sensor-anomaly"
INPUT, OUTPUT = "features", "probabilities"
ROWS = np.linspace(-2, 3, 18, dtype=np.float32).reshape(3, 6)
LENGTH = "inference-header-content-length"


@pytest.fixture
def client(server: Server) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(server.host) as client:
        yield client


def tensor(rows: np.ndarray = ROWS, name: str = INPUT, binary: bool = True) -> triton.InferInput:
    made = triton.InferInput(name, list(rows.shape), triton.np_to_triton_dtype(rows.dtype))
    return made.set_data_from_numpy(rows, binary_data=binary)


def infer(client, server: Server, **options) -> triton.InferResult:
    options.setdefault("inputs", [tensor()])
    return client.infer(options.pop("model", MODEL), headers=server.headers(), **options)


def refusal(client, server: Server, **options) -> InferenceServerException:
    with pytest.raises(InferenceServerException) as caught:
        infer(client, server, **options)
    return caught.value


def test_health(client, server):
    """finds server and model live and ready, and an unknown model not (trap 5: only the status is read)"""
    assert client.is_server_live(headers=server.headers())
    assert client.is_server_ready(headers=server.headers())
    assert client.is_model_ready(MODEL, headers=server.headers())
    assert client.is_model_ready(MODEL, "1", headers=server.headers())
    assert not client.is_model_ready("nothing", headers=server.headers())
    assert not client.is_model_ready(MODEL, "99", headers=server.headers())


def test_health_without_a_key(router):
    """finds the router live and ready without a key, as a probe asks"""
    with triton.InferenceServerClient(router.host) as client:
        assert client.is_server_live()
        assert client.is_server_ready()


def test_server_metadata(client, server):
    """reads the server's name, version and extensions"""
    metadata = client.get_server_metadata(headers=server.headers())
    assert metadata["name"]
    assert metadata["version"]
    assert {"binary_tensor_data", "classification", "statistics"} <= set(metadata["extensions"])


@pytest.mark.parametrize("version", ["", "1"])
def test_model_metadata(client, server, version):
    """reads a model's tensors, with and without a version in the path"""
    metadata = client.get_model_metadata(MODEL, version, headers=server.headers())
    assert metadata["name"] == MODEL
    assert "1" in metadata["versions"]
    assert metadata["platform"]
    assert metadata["inputs"] == [{"name": INPUT, "datatype": "FP32", "shape": [-1, 6]}]
    assert metadata["outputs"] == [{"name": OUTPUT, "datatype": "FP32", "shape": [-1, 2]}]


def test_model_config(client, server):
    """reads a model's configuration"""
    config = client.get_model_config(MODEL, headers=server.headers())
    assert config["name"] == MODEL
    assert config["max_batch_size"] == 0
    assert config["input"] == [{"name": INPUT, "data_type": "TYPE_FP32", "dims": [-1, 6]}]


def test_repository_index(client, server):
    """lists the repository, which it asks for with POST (trap 8)"""
    index = client.get_model_repository_index(headers=server.headers())
    entry = next(entry for entry in index if entry["name"] == MODEL)
    assert entry["state"] == "READY"
    assert entry["version"] == "1"


@pytest.mark.parametrize("change", ["load_model", "unload_model"])
def test_loading_is_refused(client, server, change):
    """is told that models can't be loaded or unloaded from outside"""
    with pytest.raises(InferenceServerException) as caught:
        getattr(client, change)(MODEL, headers=server.headers())
    assert "load" in caught.value.message()
    assert caught.value.status() in {"400", "404", "501"}


def test_statistics(client, server):
    """sees its inferences counted"""

    def counted() -> int:
        stats = client.get_inference_statistics(MODEL, headers=server.headers())["model_stats"]
        return sum(entry["inference_stats"]["success"]["count"] for entry in stats)

    before = counted()
    infer(client, server)
    infer(client, server)
    assert counted() == before + 2
    every = client.get_inference_statistics(headers=server.headers())["model_stats"]
    assert MODEL in {entry["name"] for entry in every}


@pytest.mark.parametrize("binary_out", [True, False], ids=["binary-out", "json-out"])
@pytest.mark.parametrize("binary_in", [True, False], ids=["binary-in", "json-in"])
def test_infer(client, server, binary_in, binary_out):
    """infers a batch with JSON and binary tensors in either direction"""
    result = infer(
        client,
        server,
        inputs=[tensor(binary=binary_in)],
        outputs=[triton.InferRequestedOutput(OUTPUT, binary_data=binary_out)],
    )
    output = result.get_output(OUTPUT)
    assert output["shape"] == [3, 2]
    assert ("binary_data_size" in output.get("parameters", {})) == binary_out
    assert ("data" in output) != binary_out
    probabilities = result.as_numpy(OUTPUT)
    assert probabilities.dtype == np.float32
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    # the bits themselves: JSON numbers lose nothing of a float
    reference = infer(client, server).as_numpy(OUTPUT)
    assert np.allclose(probabilities, reference, atol=1e-6)


def test_outputs_not_asked_for(client, server):
    """gets every output as binary when it asks for none (trap 1: it sends binary_data_output)"""
    output = infer(client, server).get_output(OUTPUT)
    assert output["parameters"]["binary_data_size"] == 3 * 2 * 4


@pytest.mark.parametrize("version", ["", "1"])
def test_version_in_the_path(client, server, version):
    """infers with a version in the path (trap 16: few servers have it)"""
    response = infer(client, server, model_version=version).get_response()
    assert response["model_name"] == MODEL
    assert response["model_version"] == "1"


def test_id(client, server):
    """gets its request id back"""
    assert infer(client, server, request_id="42-ä").get_response()["id"] == "42-ä"


def test_asynchronous(client, server):
    """infers asynchronously"""
    calls = [client.async_infer(MODEL, [tensor()], headers=server.headers()) for _ in range(4)]
    results = [call.get_result() for call in calls]
    assert all(result.as_numpy(OUTPUT).shape == (3, 2) for result in results)


@pytest.mark.parametrize("response", ["gzip", "deflate", None])
@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
@pytest.mark.parametrize("request_", ["gzip", "deflate"])
def test_compression(client, server, request_, binary, response):
    """compresses requests and asks for compressed answers (trap 3: the length is of the plain JSON, deflate is zlib)"""
    result = infer(
        client,
        server,
        inputs=[tensor(binary=binary)],
        request_compression_algorithm=request_,
        response_compression_algorithm=response,
    )
    assert result.as_numpy(OUTPUT).shape == (3, 2)


def test_classification(client, server):
    """gets the best classes of each row as value:index:label"""
    result = infer(
        client, server, outputs=[triton.InferRequestedOutput(OUTPUT, class_count=2)]
    )
    classes = result.as_numpy(OUTPUT)
    assert classes.shape == (3, 2)
    for row, probabilities in zip(classes, infer(client, server).as_numpy(OUTPUT), strict=True):
        values, indices, labels = zip(*(entry.decode().split(":") for entry in row), strict=True)
        assert [int(index) for index in indices] == list(np.argsort(-probabilities))
        assert np.allclose([float(value) for value in values], sorted(probabilities)[::-1])
        assert all(labels)


def test_scalar(client, server):
    """sends a scalar of 64 bits beside other tensors"""
    inputs = [
        tensor(np.zeros((1, 576), np.float32), "input"),
        tensor(np.zeros((2, 1, 128), np.float32), "state"),
        tensor(np.array(16_000, np.int64), "sr"),
    ]
    result = infer(client, server, model="silero-vad", inputs=inputs)
    assert result.as_numpy("output").shape == (1, 1)
    assert result.as_numpy("stateN").shape == (2, 1, 128)


def test_requested_outputs(client, server):
    """gets only the output that it asks for"""
    inputs = [
        tensor(np.zeros((1, 576), np.float32), "input"),
        tensor(np.zeros((2, 1, 128), np.float32), "state"),
        tensor(np.array(16_000, np.int64), "sr"),
    ]
    outputs = [triton.InferRequestedOutput("stateN")]
    result = infer(client, server, model="silero-vad", inputs=inputs, outputs=outputs)
    assert [output["name"] for output in result.get_response()["outputs"]] == ["stateN"]


@pytest.mark.parametrize("shape", [[2], [2, 1]], ids=["n", "n-by-1"])
def test_text(client, server, shape):
    """sends text to a model that takes it, flat or as a column (trap 17: MLServer's clients send a column)"""
    texts = np.array(
        ["Ceci est une phrase écrite en français.", "This one is written in English."],
        dtype=np.object_,
    ).reshape(shape)
    result = infer(client, server, model="language-id", inputs=[tensor(texts, "text")])
    answers = [answer.decode() for answer in result.as_numpy("answer").flatten()]
    assert "fra" in answers[0]
    assert "eng" in answers[1]


def test_base_path(server):
    """works below a path of a proxy (trap 6: the client takes host, port and path without a scheme)"""
    with (
        prefix_proxy(server.url, "/some/where") as address,
        triton.InferenceServerClient(address) as client,
    ):
        assert client.is_server_ready(headers=server.headers())
        assert infer(client, server).as_numpy(OUTPUT).shape == (3, 2)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_content_type(server, content_type, binary):
    """is read by its length header whatever its content type (trap 2: the client sends none)"""
    outputs = [triton.InferRequestedOutput(OUTPUT, binary_data=False)]
    body, length = triton.InferenceServerClient.generate_request_body(
        [tensor(binary=binary)], outputs=outputs
    )
    headers = server.headers()
    if content_type is not None:
        headers["content-type"] = content_type
    if length is not None:
        headers[LENGTH] = str(length)
    response = httpx.post(f"{server.url}/v2/models/{MODEL}/infer", content=body, headers=headers)
    # trap 4: any other status is an error to the client, even 201
    assert response.status_code == 200
    result = triton.InferenceServerClient.parse_response_body(response.content)
    assert result.as_numpy(OUTPUT).shape == (3, 2)


def test_raw_request(server):
    """takes nothing but the tensor's bytes, and answers binary tensors"""
    response = httpx.post(
        f"{server.url}/v2/models/{MODEL}/infer",
        content=ROWS[:1].tobytes(),
        headers=server.headers(**{LENGTH: "0"}),
    )
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/octet-stream"
    result = triton.InferenceServerClient.parse_response_body(
        response.content, header_length=response.headers[LENGTH]
    )
    assert result.as_numpy(OUTPUT).shape == (1, 2)


def test_deadline(client, server):
    """has its timeout in microseconds kept as the deadline"""
    assert infer(client, server, timeout=20_000_000).as_numpy(OUTPUT).shape == (3, 2)
    # checked between texts, each of which takes about a millisecond
    texts = np.array(["une phrase écrite en français " * 30] * 64, dtype=np.object_)
    with pytest.raises(InferenceServerException) as caught:
        client.infer(
            "language-id",
            [tensor(texts, "text")],
            timeout=1,
            headers=server.headers(**{"mesh-placement": "native"}),
        )
    assert caught.value.status() == "504"


WRONG = {
    "an unknown model": ({"model": "nothing"}, "404", "nothing"),
    "an unknown version": ({"model_version": "99"}, "404", "99"),
    "a wrong shape": ({"inputs": [tensor(ROWS[:, :5].copy())]}, "422", INPUT),
    "a wrong rank": ({"inputs": [tensor(ROWS.flatten())]}, "422", INPUT),
    "a wrong datatype": ({"inputs": [tensor(ROWS.astype(np.float64))]}, "422", "FP32"),
    "an unknown input": ({"inputs": [tensor(name="wrong")]}, "422", "wrong"),
    "no input": ({"inputs": []}, "400", "inputs"),
    "an input twice": ({"inputs": [tensor(), tensor()]}, "422", INPUT),
    "an unknown output": (
        {"outputs": [triton.InferRequestedOutput("wrong")]},
        "422",
        "wrong",
    ),
    "a negative number of classes": (
        {"outputs": [triton.InferRequestedOutput(OUTPUT, class_count=-1)]},
        "400",
        "classification",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_refusal(client, server, wrong):
    """is told in a sentence what is wrong (trap 4: the body must be JSON with a string `error`)"""
    options, status, named = WRONG[wrong]
    error = refusal(client, server, **options)
    assert error.status() == status, error.message()
    assert named in error.message()
    assert "an exception occurred in the client" not in error.message()


@pytest.mark.parametrize("size", [0, 1, 71, 73, 10_000])
def test_wrong_binary_size(client, server, size):
    """is refused when its sizes and its shape don't agree"""
    wrong = tensor()
    wrong._raw_data = bytes(size)
    wrong._parameters["binary_data_size"] = size
    assert refusal(client, server, inputs=[wrong]).status() == "422"


@pytest.mark.parametrize("size", [71, 73])
def test_lying_binary_size(client, server, size):
    """is refused when it says another size than it sends"""
    wrong = tensor()
    wrong._parameters["binary_data_size"] = size
    assert refusal(client, server, inputs=[wrong]).status() == "400"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer cap_wrong"}], ids=["no", "wrong"])
def test_key(router, headers):
    """is refused by the router without a valid key, and told so"""
    with (
        triton.InferenceServerClient(router.host) as client,
        pytest.raises(InferenceServerException) as caught,
    ):
        client.infer(MODEL, [tensor()], headers=headers)
    assert caught.value.status() == "401"
    assert "key" in caught.value.message()


def test_corrupt_compression(server):
    """is refused a body that isn't compressed as it says"""
    for encoding, status in [("gzip", 400), ("deflate", 400), ("br", 415)]:
        response = httpx.post(
            f"{server.url}/v2/models/{MODEL}/infer",
            content=b"certainly not compressed",
            headers=server.headers(**{"content-encoding": encoding}),
        )
        assert response.status_code == status, encoding
        assert isinstance(response.json()["error"], str)
