"""An SD-JWT VC in an offline bundle: verified from itself alone, or refused where others would read it otherwise."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.services.bundles import Bundles, report_on_bundle
from protocols.credentials.contexts import CREDENTIALS_V2, PINNED
from protocols.credentials.enveloped import as_envelope
from protocols.verification.bundle import BundleRefused, read_bundle
from tests.support.envelopes import disclosure
from tests.support.findings import faults, one
from tests.support.sd_jwt_story import EMPLOYER, VCT, Story, sd_jwt_story
from tests.support.trust_network import COLLEGE_DID


@pytest_asyncio.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with sd_jwt_story(tmp_path) as made:
        yield made


async def bundled(story: Story, token: str) -> bytes:
    node = story.internet.nodes[EMPLOYER]
    return await Bundles(node.storage, node.directory, node.identity, story.internet.clock).make(as_envelope(token))


async def report_on(story: Story, data: bytes) -> dict[str, Any]:
    return (await report_on_bundle(read_bundle(data), story.proofs, story.didkit)).to_json()


async def test_it_verifies_from_the_bundle_alone_with_its_list_and_its_key_binding(story: Story) -> None:
    await story.sync({8: 1})
    report = await report_on(story, await bundled(story, story.shown()))
    assert (report["verdict"], faults(report), report["issuer"]["did"]) == ("verified", [], COLLEGE_DID)
    assert one(report, 8, "key binding")["outcome"] == "yes"

    await story.sync({7: 1})
    revoked = await report_on(story, await bundled(story, story.issued()))
    assert (revoked["verdict"], faults(revoked)) == ("not_verified", [(6, "status: status_list", "no")])


async def test_an_altered_one_can_be_bundled_and_is_not_verified_from_there(story: Story) -> None:
    await story.sync({})
    token, _, second, binding = story.shown().split("~")
    altered = "~".join((token, disclosure("c2FsdA", "given_name", "Eve"), second, binding))
    report = await report_on(story, await bundled(story, altered))
    assert (report["verdict"], faults(report)[0]) == ("not_verified", (1, "parsed within limits", "no"))


async def test_contexts_within_the_token_are_pinned_in_the_bundle_or_it_is_refused(story: Story) -> None:
    """Its file names the bytes of every context that a report rests on, wherever in it that is named."""
    known = await bundled(story, story.issued(vct=VCT, more={"ld": {"@context": [CREDENTIALS_V2]}}))
    assert f'"{CREDENTIALS_V2}":"{PINNED[CREDENTIALS_V2][1]}"'.encode() in known
    with pytest.raises(BundleRefused, match="context that is not built in") as refused:
        await bundled(story, story.issued(more={"ld": {"@context": ["https://college.example/context"]}}))
    assert refused.value.found == "https://college.example/context"
