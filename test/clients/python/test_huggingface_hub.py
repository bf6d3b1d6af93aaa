"""huggingface_hub's inference client, unmodified, at the router and at a node."""

import asyncio
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Server
from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.errors import BadRequestError, HfHubHTTPError
from PIL import Image

MODELS = Path(__file__).parents[3] / "workers" / "models"
CACHE = Path(__file__).parents[3] / ".mesh" / "cache" / "sha256"
FRENCH = "Ceci est une phrase écrite en français."


def client(server: Server, model: str, key: str | None = None) -> InferenceClient:
    # a node asks for no key, but the client wants one
    return InferenceClient(
        base_url=f"{server.url}/models/{model}", api_key=key or server.key or "none"
    )


def golden(model: str, index: int = 0) -> tuple[dict, Path]:
    """A model's example and its file, which the build has fetched when it is not in the folder."""
    example = json.loads((MODELS / model / "manifest.json").read_text())["examples"][index]
    file = example["input"]["file"]
    local = MODELS / model / file["path"]
    return example, local if file["type"] == "file" else CACHE / file["sha256"]


def test_text_classification(server):
    """classifies a text into as many classes as it is asked for"""
    hub = client(server, "language-id")
    assert hub.text_classification(FRENCH)[0].label == "fra"
    [only] = hub.text_classification(FRENCH, top_k=1)
    assert (only.label, round(only.score)) == ("fra", 1)
    assert len(client(server, "email-spam").text_classification(FRENCH, top_k=5)) == 2


def test_feature_extraction(server):
    """gives the embedding of a text, and one for each of a list"""
    hub = client(server, "text-embedder")
    one = hub.feature_extraction("the stock market fell")
    assert one.shape == (100,)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    both = hub.feature_extraction(["a cat", "the stock market fell"], normalize=True, truncate=True)
    assert both.shape == (2, 100)
    assert np.array_equal(both[1], one)


def test_object_detection(server):
    """detects objects in a file, in its bytes and in base64 beside a parameter"""
    example, file = golden("face-detector")
    hub = client(server, "face-detector")
    for image in (file, file.read_bytes()):
        found = hub.object_detection(image)
        assert [dict(face.box) for face in found] == [face["box"] for face in example["expected"]]
    assert hub.object_detection(file.read_bytes(), threshold=1.0) == []


def test_image_classification(server):
    """classifies a picture into as many classes as it is asked for"""
    example, file = golden("image-classifier")
    hub = client(server, "image-classifier")
    best = example["expected"][0]
    assert hub.image_classification(file)[0].label == best["label"]
    [only] = hub.image_classification(file, top_k=1, function_to_apply="softmax")
    assert only.score == pytest.approx(best["score"], abs=1e-3)


def test_image_segmentation(server):
    """segments a picture with a mask of its size"""
    _, file = golden("person-segmenter")
    [person] = client(server, "person-segmenter").image_segmentation(file, mask_threshold=0.5)
    assert person.label == "person"
    assert person.mask.size == Image.open(file).size


def test_image_to_text(server):
    """reads a line, and a page as one text of all its lines"""
    example, file = golden("text-line-ocr")
    line = client(server, "text-line-ocr").image_to_text(file)
    assert line.generated_text == example["expected"][0]["generated_text"]
    example, file = golden("document-ocr")
    page = client(server, "document-ocr").image_to_text(file)
    assert len(page.generated_text.split("\n")) == len(example["expected"])


def test_image_to_image(server):
    """makes a picture of a picture"""
    flower = MODELS / "image-upscaler" / "examples" / "flower.png"
    made = client(server, "image-upscaler").image_to_image(flower.read_bytes())
    width, height = Image.open(flower).size
    assert made.size == (2 * width, 2 * height)


def test_tabular_classification(server):
    """classifies the rows of a table, each by the number of its class"""
    manifest = json.loads((MODELS / "sensor-anomaly" / "manifest.json").read_text())
    example = manifest["examples"][1]
    header, *rows = csv.reader(io.StringIO(example["input"]["text"]))
    table = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    classes = client(server, "sensor-anomaly").tabular_classification(table)
    assert classes == [manifest["labels"].index(row["label"]) for row in example["expected"]]


def test_audio(server):
    """takes a recording by the only task of the client that sends one"""
    example, file = golden("silero-vad")
    found = client(server, "silero-vad").audio_classification(file)
    assert [speech["start"] for speech in found] == [row["start"] for row in example["expected"]]


def test_async(server):
    """serves the asynchronous client as well"""
    async def classify():
        hub = AsyncInferenceClient(
            base_url=f"{server.url}/models/language-id", api_key=server.key or "none"
        )
        return await hub.text_classification(FRENCH)

    assert asyncio.run(classify())[0].label == "fra"


def classify_raw(hub: InferenceClient):
    return hub.text_classification(FRENCH, function_to_apply="none")


@pytest.mark.parametrize(
    ("model", "ask", "words"),
    [
        ("language-id", classify_raw, "function_to_apply"),
        ("text-embedder", lambda hub: hub.feature_extraction("cat", prompt_name="query"), "prompt"),
        ("text-embedder", lambda hub: hub.feature_extraction("cat", dimensions=64), "dimensions"),
        ("text-embedder", lambda hub: hub.feature_extraction([]), "0 texts"),
        ("image-upscaler", lambda hub: hub.image_to_image(b"any", prompt="red"), "prompt"),
    ],
)
def test_bad_request(server, model, ask, words):
    """names what it does not know or do"""
    with pytest.raises(BadRequestError, match=words):
        ask(client(server, model))


def test_unreadable(server):
    """says what is wrong with an input"""
    with pytest.raises(HfHubHTTPError, match="no letters") as caught:
        client(server, "language-id").text_classification("123")
    assert caught.value.response.status_code == 422
    with pytest.raises(HfHubHTTPError, match="is empty"):
        client(server, "language-id").text_classification("")
    with pytest.raises(HfHubHTTPError, match="does not take") as caught:
        client(server, "face-detector").object_detection(b"no picture")
    assert caught.value.response.status_code == 415


def test_unknown_model(server):
    """does not find a model that is not there"""
    with pytest.raises(HfHubHTTPError, match="no") as caught:
        client(server, "no-such-model").text_classification(FRENCH)
    assert caught.value.response.status_code == 404


def test_capability(router):
    """takes a capability for a model"""
    hub = client(router, "text-classification/language")
    assert hub.text_classification(FRENCH)[0].label == "fra"


def test_wrong_key(router):
    """refuses a wrong key with a sentence"""
    with pytest.raises(HfHubHTTPError, match="this API key is not known") as caught:
        client(router, "language-id", "cap_" + "x" * 43).text_classification(FRENCH)
    assert caught.value.response.status_code == 401
