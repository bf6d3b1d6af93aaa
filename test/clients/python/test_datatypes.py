"""Every datatype of the protocol through a graph that answers what it gets, by both Python clients."""

import asyncio
import os

import numpy as np
import pytest
import tritonclient.http as triton
from conftest import Server
from datatypes import BINARY_ONLY, JSON_TOO, SAMPLES, same
from kserve import InferInput, InferRequest
from kserve.inference_client import InferenceRESTClient, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from tritonclient.utils import InferenceServerException

# kserve's client has no BF16
KSERVE_TYPES = [datatype for datatype in SAMPLES if datatype != "BF16"]


class Echo:
    """The echo model on one server: an input of each datatype, and an output that is the same."""

    def __init__(self, server: Server, model: str) -> None:
        self.server = server
        self.model = model
        self.client = triton.InferenceServerClient(server.host)
        metadata = self.client.get_model_metadata(model, headers=server.headers())
        self.inputs = {tensor["datatype"]: tensor for tensor in metadata["inputs"]}
        self.outputs = {tensor["datatype"]: tensor["name"] for tensor in metadata["outputs"]}

    def arrays(self, datatype: str, sample: np.ndarray) -> dict[str, np.ndarray]:
        """A value for each input: the sample for its own, nothing at all for the others."""
        return {
            other: fit(sample if other == datatype else SAMPLES[other][:0], tensor["shape"])
            for other, tensor in self.inputs.items()
        }

    def by_triton(self, datatype: str, sample: np.ndarray, binary_in=True, binary_out=True):
        inputs = []
        for other, array in self.arrays(datatype, sample).items():
            tensor = triton.InferInput(self.inputs[other]["name"], list(array.shape), other)
            binary = binary_in or other in BINARY_ONLY
            inputs.append(tensor.set_data_from_numpy(array, binary_data=binary))
        output = self.outputs[datatype]
        result = self.client.infer(
            self.model,
            inputs,
            outputs=[triton.InferRequestedOutput(output, binary_data=binary_out)],
            headers=self.server.headers(),
        )
        return result.as_numpy(output)

    def by_kserve(self, datatype: str, sample: np.ndarray, binary: bool):
        inputs = []
        for other, array in self.arrays(datatype, sample).items():
            tensor = InferInput(self.inputs[other]["name"], list(array.shape), other)
            tensor.set_data_from_numpy(array, binary_data=binary or other in BINARY_ONLY)
            inputs.append(tensor)
        output = self.outputs[datatype]
        asked = [RequestedOutput(output, {"binary_data": binary})]
        request = InferRequest(self.model, inputs, request_outputs=asked)

        async def infer():
            async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
                return await client.infer(
                    self.server.url, request, model_name=self.model, headers=self.server.headers()
                )

        return asyncio.run(infer()).get_output_by_name(output).as_numpy()


def fit(array: np.ndarray, shape: list[int]) -> np.ndarray:
    """All its elements along the last free dimension."""
    free = [axis for axis, dim in enumerate(shape) if dim == -1]
    sizes = [array.size if axis == free[-1] else 1 for axis in range(len(shape))]
    return array.reshape([size if dim == -1 else dim for size, dim in zip(sizes, shape, strict=True)])


def find_echo(name: str, datatype: str) -> Echo:
    """Where a datatype is echoed: only the WebAssembly runtime has BF16, in a model of its own."""
    bf16 = datatype == "BF16"
    if name == "node" and bf16:
        pytest.skip("onnxruntime-node has no BF16")
    key = os.environ["CAPILLARY_ECHO_KEY"]
    server = {
        "router": Server("router", os.environ["CAPILLARY_ECHO_URL"], key),
        "node": Server("node", os.environ["CAPILLARY_ECHO_NATIVE_URL"], None),
        "edge": Server("edge", os.environ[f"CAPILLARY_ECHO_{'BF16' if bf16 else 'EDGE'}_URL"], None),
    }[name]
    return Echo(server, "echo-bf16" if bf16 else "echo-model")


@pytest.fixture(params=["router", "node", "edge"])
def echo(request, datatype: str) -> Echo:
    return find_echo(request.param, datatype)


@pytest.mark.parametrize("datatype", SAMPLES)
def test_triton_binary(echo, datatype):
    """goes through as binary, bit for bit, by tritonclient"""
    assert same(echo.by_triton(datatype, SAMPLES[datatype]), SAMPLES[datatype])


@pytest.mark.parametrize("datatype", JSON_TOO)
def test_triton_json(echo, datatype):
    """goes through as JSON, bit for bit, by tritonclient"""
    answer = echo.by_triton(datatype, SAMPLES[datatype], binary_in=False, binary_out=False)
    assert same(answer, SAMPLES[datatype])


@pytest.mark.parametrize("datatype", JSON_TOO)
def test_triton_mixed(echo, datatype):
    """goes in as JSON and comes out as binary, and the other way, by tritonclient"""
    for binary_in in [True, False]:
        answer = echo.by_triton(datatype, SAMPLES[datatype], binary_in, not binary_in)
        assert same(answer, SAMPLES[datatype])


@pytest.mark.parametrize("datatype", SAMPLES)
def test_triton_nothing(echo, datatype):
    """goes through without an element (trap 7: binary_data_size is 0 and the zero dimension stays)"""
    nothing = SAMPLES[datatype][:0]
    answer = echo.by_triton(datatype, nothing)
    assert answer.size == 0
    assert answer.shape == fit(nothing, echo.inputs[datatype]["shape"]).shape


@pytest.mark.parametrize("datatype", KSERVE_TYPES)
def test_kserve_binary(echo, datatype):
    """goes through as binary, bit for bit, by kserve (trap 14: FP16 has no other way)"""
    assert same(echo.by_kserve(datatype, SAMPLES[datatype], binary=True), SAMPLES[datatype])


@pytest.mark.parametrize("datatype", JSON_TOO)
def test_kserve_json(echo, datatype):
    """goes through as JSON, bit for bit, by kserve (trap 13: it wants data or a binary size of every output)"""
    assert same(echo.by_kserve(datatype, SAMPLES[datatype], binary=False), SAMPLES[datatype])


@pytest.mark.parametrize("datatype", ["BYTES"])
def test_text_that_is_none(echo, datatype):
    """is refused when its bytes are no text, which a graph can't hold"""
    with pytest.raises(InferenceServerException) as caught:
        echo.by_triton(datatype, np.array([b"\xff\xfe"], dtype=np.object_))
    assert caught.value.status() == "422"
    assert "UTF-8" in caught.value.message()
