"""The Model Context Protocol's Python client, in the revision of 2026 and in those of 2025."""

import asyncio
import base64
import os
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

MODELS = Path(__file__).parents[3] / "workers" / "models"
LANGUAGE = "text-classification_language"


OWN_KEY = "own"


def use(work, mode, key=OWN_KEY):
    """Runs `work` with a connected client, in an event loop of its own."""
    if key == OWN_KEY:
        key = os.environ["CAPILLARY_KEY"]

    async def run():
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(headers=headers) as http:
            transport = streamable_http_client(
                f"{os.environ['CAPILLARY_URL']}/mcp", http_client=http
            )
            async with Client(transport, mode=mode) as client:
                return await work(client)

    return asyncio.run(run())


@pytest.fixture(params=["auto", "legacy"])
def mode(request) -> str:
    return request.param


def test_tools(mode):
    """lists a tool with its schema for each capability"""
    tools = {tool.name: tool for tool in use(lambda c: c.list_tools(), mode).tools}
    assert {"find-capability", LANGUAGE, "object-detection_face"} <= tools.keys()
    assert tools[LANGUAGE].input_schema["required"] == ["text"]
    assert tools[LANGUAGE].output_schema["required"] == ["answer"]


def test_text(mode):
    """calls a tool with text"""
    text = "Todos os seres humanos nascem livres e iguais em dignidade."
    result = use(lambda c: c.call_tool(LANGUAGE, {"text": text}), mode)
    assert not result.is_error
    assert result.structured_content["answer"][0]["label"] == "por"


def test_picture(mode):
    """calls a tool with a picture and gets one back"""
    picture = MODELS / "image-upscaler" / "examples" / "flower.png"
    arguments = {
        "data": base64.b64encode(picture.read_bytes()).decode(),
        "mimeType": "image/png",
    }
    result = use(lambda c: c.call_tool("image-to-image_super-resolution", arguments), mode)
    [image] = result.content
    assert (image.type, image.mime_type) == ("image", "image/png")
    assert base64.b64decode(image.data).startswith(b"\x89PNG")


def test_bad_arguments(mode):
    """is told of bad arguments in the result"""
    result = use(lambda c: c.call_tool(LANGUAGE, {"txt": "x"}), mode)
    assert result.is_error
    assert result.content[0].text.startswith("invalid_request: ")


def test_unknown_tool(mode):
    """is told of an unknown tool by an error"""
    with pytest.raises(Exception) as caught:
        use(lambda c: c.call_tool("nothing_here", {}), mode)
    assert "no tool 'nothing_here'" in messages(caught.value)


@pytest.mark.parametrize("key", [None, f"cap_{'x' * 43}"], ids=["no-key", "unknown-key"])
def test_key(mode, key):
    """does not get in without a key that is known"""
    with pytest.raises(Exception) as caught:
        use(lambda c: c.list_tools(), mode, key)
    assert any(text in messages(caught.value) for text in ("401", "API key"))


def messages(err: BaseException) -> str:
    """Of an error and of all that a task group has put into it."""
    inner = err.exceptions if isinstance(err, BaseExceptionGroup) else ()
    return " ".join([str(err), *(messages(one) for one in inner)])
