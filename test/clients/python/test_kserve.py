"""kserve's asynchronous REST client, unmodified, at the router and at a node."""

import asyncio
from uuid import UUID

import httpx
import numpy as np
import pytest
from conftest import Server
from kserve import InferInput, InferRequest, InferResponse
from kserve.inference_client import InferenceRESTClient, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

MODEL = "sensor-anomaly"
INPUT, OUTPUT = "features", "probabilities"
ROWS = np.linspace(-2, 3, 18, dtype=np.float32).reshape(3, 6)


def call(use):
    """Runs what `use` does with a client; each has an event loop of its own."""

    async def run():
        async with InferenceRESTClient(RESTConfig(protocol="v2", retries=0)) as client:
            return await use(client)

    return asyncio.run(run())


def request(binary: bool, rows: np.ndarray = ROWS, name: str = INPUT, **options) -> InferRequest:
    tensor = InferInput(name, list(rows.shape), "FP64" if rows.dtype == np.float64 else "FP32")
    tensor.set_data_from_numpy(rows, binary_data=binary)
    return InferRequest(MODEL, [tensor], **options)


def infer(server: Server, sent: InferRequest, model: str = MODEL, **options) -> InferResponse:
    options.setdefault("headers", server.headers())
    return call(lambda client: client.infer(server.url, sent, model_name=model, **options))


def refusal(server: Server, sent: InferRequest, **options) -> httpx.HTTPStatusError:
    with pytest.raises(httpx.HTTPStatusError) as caught:
        infer(server, sent, **options)
    return caught.value


def test_health(server):
    """finds the server live and ready (trap 10: `live` and `ready` are read from the bodies)"""
    assert call(lambda client: client.is_server_live(server.url, headers=server.headers()))
    assert call(lambda client: client.is_server_ready(server.url, headers=server.headers()))


def test_model_ready(server):
    """finds a model ready, and an unknown one not"""

    def ready(model: str) -> bool:
        return call(lambda client: client.is_model_ready(server.url, model, server.headers()))

    assert ready(MODEL)
    assert not ready("nothing")


@pytest.mark.parametrize("binary_out", [True, False], ids=["binary-out", "json-out"])
@pytest.mark.parametrize("binary_in", [True, False], ids=["binary-in", "json-in"])
def test_infer(server, binary_in, binary_out):
    """infers a batch, and finds the model's name in the answer (traps 9 and 13: it fails without name or data)"""
    outputs = [RequestedOutput(OUTPUT, {"binary_data": binary_out})]
    headers: dict[str, str] = {}
    answer = infer(
        server, request(binary_in, request_outputs=outputs), response_headers=headers
    )
    assert answer.model_name == MODEL
    assert ("inference-header-content-length" in headers) == binary_out
    probabilities = answer.get_output_by_name(OUTPUT).as_numpy()
    assert probabilities.shape == (3, 2)
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_binary_data_output(server):
    """asks for all outputs as binary by a parameter of the request"""
    headers: dict[str, str] = {}
    answer = infer(
        server, request(True, parameters={"binary_data_output": True}), response_headers=headers
    )
    assert headers["content-type"] == "application/octet-stream"
    assert answer.get_output_by_name(OUTPUT).as_numpy().shape == (3, 2)


def test_id(server):
    """adds the model's name and an id to the request, and gets the id back (trap 12)"""
    assert infer(server, request(False, request_id="mine")).id == "mine"
    assert UUID(infer(server, request(False)).id)


def test_graph_endpoint(server):
    """posts to a URL as it is given and gets a dict (trap 15)"""
    body = {"inputs": [{"name": INPUT, "shape": [3, 6], "datatype": "FP32", "data": ROWS.tolist()}]}
    answer = call(
        lambda client: client.infer(
            f"{server.url}/v2/models/{MODEL}/versions/1/infer",
            body,
            headers=server.headers(),
            is_graph_endpoint=True,
        )
    )
    assert answer["outputs"][0]["shape"] == [3, 2]


def test_text(server):
    """sends text to a model that takes it"""
    tensor = InferInput("text", [1], "BYTES", data=["Ceci est une phrase écrite en français."])
    answer = infer(server, InferRequest("language-id", [tensor]), model="language-id")
    assert "fra" in answer.get_output_by_name("answer").data[0]


def test_base64_text(server):
    """sends text as base64 where its content type says so (trap 17)"""
    tensor = InferInput(
        "text",
        [1],
        "BYTES",
        data=["VGhpcyBvbmUgaXMgd3JpdHRlbiBpbiBFbmdsaXNoLg=="],
        parameters={"content_type": "base64"},
    )
    answer = infer(server, InferRequest("language-id", [tensor]), model="language-id")
    assert "eng" in answer.get_output_by_name("answer").data[0]


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_error_text(server, binary):
    """shows what is wrong (trap 11: it reads errors of type exactly application/json)"""
    for sent, options, named in [
        (request(binary), {"model": "nothing"}, "nothing"),
        (request(binary, ROWS[:, :5].copy()), {}, INPUT),
        (request(binary, name="wrong"), {}, "wrong"),
        (request(binary, ROWS.astype(np.float64)), {}, "FP32"),
    ]:
        error = refusal(server, sent, **options)
        assert error.response.headers["content-type"] == "application/json"
        assert 400 <= error.response.status_code < 500
        assert named in str(error).split(", '4")[0]


def test_key(router):
    """is refused by the router without a valid key, and shows why"""
    for headers in [{}, {"Authorization": "Bearer cap_wrong"}]:
        error = refusal(router, request(False), headers=headers)
        assert error.response.status_code == 401
        assert "key" in str(error).split(", '401")[0]


def test_other_paths(server):
    """shows the error of a path or method that there isn't, too"""
    for method, path in [("GET", f"/v2/models/{MODEL}/infer"), ("POST", "/v2"), ("GET", "/v2/no")]:
        response = httpx.request(method, f"{server.url}{path}", headers=server.headers())
        assert response.status_code in {404, 405}
        assert response.headers["content-type"] == "application/json"
        assert isinstance(response.json()["error"], str)
