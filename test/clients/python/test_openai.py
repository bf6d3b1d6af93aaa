"""OpenAI's client for Python, unmodified, at the router."""

import openai
import pytest
from conftest import Server

MODEL = "text-embedder"
SIZE = 100


def client(server: Server, mount: str = "/v1", **options) -> openai.OpenAI:
    options = {"api_key": server.key, "max_retries": 0, **options}
    return openai.OpenAI(base_url=f"{server.url}{mount}", **options)


@pytest.mark.parametrize("mount", ["/v1", "/openai/v1"])
def test_embedding(router, mount):
    """gives the embedding of a text, packed as the client asks by default"""
    answer = client(router, mount).embeddings.create(model=MODEL, input="A cat sat on the mat.")
    assert (answer.object, answer.model, len(answer.data)) == ("list", MODEL, 1)
    assert (answer.data[0].index, len(answer.data[0].embedding)) == (0, SIZE)
    assert sum(value * value for value in answer.data[0].embedding) == pytest.approx(1, abs=1e-5)
    # the model's vocabulary has no "a"
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (5, 5)


def test_batch(router):
    """keeps the order of a list, each as the text alone, packed and plain"""
    texts = ["a red apple", "the stock market fell", "a green pear"]
    embeddings = client(router).embeddings
    packed = embeddings.create(model=MODEL, input=texts)
    plain = embeddings.create(model=MODEL, input=texts, encoding_format="float")
    assert [item.index for item in packed.data] == [0, 1, 2]
    assert [item.embedding for item in packed.data] == [item.embedding for item in plain.data]
    for text, item in zip(texts, packed.data):
        assert embeddings.create(model=MODEL, input=text).data[0].embedding == item.embedding


@pytest.mark.parametrize("name", [f"{MODEL}@1", "feature-extraction/english"])
def test_names(router, name):
    """takes a version or a capability for the model"""
    answer = client(router).embeddings.create(model=name, input="a cat", user="somebody")
    assert (answer.model, len(answer.data[0].embedding)) == (name, SIZE)
    assert client(router).models.retrieve(name).id == name


def test_models(router):
    """lists the models and finds one"""
    assert MODEL in {model.id for model in client(router).models.list()}
    model = client(router).models.retrieve(MODEL)
    assert (model.object, model.owned_by) == ("model", "capillary")
    assert model.created > 0


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("input", "", "empty"),
        ("input", [], "0 texts"),
        ("input", ["cat", ""], "input[1]"),
        ("input", [1, 2, 3], "token ids"),
        ("input", ["cat"] * 2049, "2049"),
        ("dimensions", 64, "100"),
        ("model", "language-id", "text-classification/language"),
    ],
)
def test_bad_request(router, field, value, words):
    """refuses what it cannot do, and names the field"""
    wanted = {"model": MODEL, "input": "cat", field: value}
    with pytest.raises(openai.BadRequestError) as caught:
        client(router).embeddings.create(**wanted)
    assert caught.value.param == field
    assert words in str(caught.value)


def test_unreadable(router):
    """names the text of a list that the model cannot read"""
    with pytest.raises(openai.UnprocessableEntityError, match=r"inputs\[1\]") as caught:
        client(router).embeddings.create(model=MODEL, input=["cat", "xqzzt"])
    assert caught.value.code == "invalid_input"


def test_unknown_model(router):
    """does not find a model that is not there"""
    with pytest.raises(openai.NotFoundError) as caught:
        client(router).embeddings.create(model="text-embedding-3-small", input="cat")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


def test_wrong_key(router):
    """raises the client's own error for a wrong key, with the request's id"""
    with pytest.raises(openai.AuthenticationError) as caught:
        client(router, api_key="cap_" + "x" * 43).models.list()
    assert caught.value.code == "invalid_api_key"
    assert caught.value.request_id


def test_admin_key(router, admin_key):
    """raises the client's own error for a key that may not infer"""
    with pytest.raises(openai.PermissionDeniedError):
        client(router, api_key=admin_key).embeddings.create(model=MODEL, input="cat")


def test_other_api(router):
    """answers what it has nothing of in OpenAI's shape too"""
    with pytest.raises(openai.NotFoundError) as caught:
        client(router).chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "hi"}]
        )
    assert caught.value.code == "not_found"
