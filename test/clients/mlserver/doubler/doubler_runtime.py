"""A model of MLServer's own kind: doubles numbers, gives texts back."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput


class Doubler(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        outputs = []
        for tensor in payload.inputs:
            if tensor.name == "x":
                doubled = NumpyCodec.decode_input(tensor) * 2
                outputs.append(NumpyCodec.encode_output("y", doubled))
            else:
                outputs.append(
                    ResponseOutput(
                        name=tensor.name,
                        datatype=tensor.datatype,
                        shape=tensor.shape,
                        data=tensor.data,
                    )
                )
        return InferenceResponse(
            id=payload.id,
            model_name=self.name,
            model_version=self.version,
            outputs=outputs,
        )
