"""A2A's Python SDK reads the agent card."""

import asyncio
import os

import httpx
import pytest
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory


def mesh_url() -> str:
    return os.environ["CAPILLARY_URL"]


def read_card():
    async def run():
        async with httpx.AsyncClient() as http:
            return await A2ACardResolver(http, mesh_url()).get_agent_card()

    return asyncio.run(run())


def test_skills():
    """finds the card without a key, with a skill for each capability"""
    skills = {skill.id: skill for skill in read_card().skills}
    assert list(skills["object-detection/face"].input_modes) == ["image/jpeg", "image/png"]
    assert list(skills["image-to-image/super-resolution"].output_modes) == ["image/png"]
    assert all(skill.description and skill.tags for skill in skills.values())


def test_security():
    """is told that it needs a bearer key"""
    card = read_card()
    assert card.security_schemes["key"].http_auth_security_scheme.scheme == "Bearer"
    assert "key" in card.security_requirements[0].schemes


def test_no_binding():
    """finds none of A2A's own bindings, and says so rather than call one"""
    card = read_card()
    assert {own.url for own in card.supported_interfaces} == {
        f"{mesh_url()}/mcp",
        f"{mesh_url()}/infer",
    }
    with pytest.raises(ValueError, match="(?i)transport"):
        ClientFactory(ClientConfig()).create(card)
