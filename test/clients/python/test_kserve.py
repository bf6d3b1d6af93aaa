"""kserve's asynchronous REST client."""

import asyncio

from kserve.inference_client import InferenceRESTClient, RESTConfig


def test_live(server):
    """says that the server lives (trap 10: the client reads `live` and `ready` from the body)"""
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert asyncio.run(client.is_server_live(server.url, headers=server.headers()))
