"""The link that a learner opens, as a browser and as a wallet see it."""

from tests.support.served import DID, Served


async def test_a_wallet_is_told_where_the_invitation_is_and_a_person_sees_a_page_with_a_code(served: Served) -> None:
    made = await served.services.learners.enrol("Ada", "S-1")
    path = "/i/" + made.link.rpartition("/")[2]
    for_wallet = await served.client.get(path, headers={"Accept": "application/json"})
    for_person = await served.client.get(path, headers={"Accept": "text/html"})
    invitation = await (await served.client.get(f"{path}/invitation")).json(content_type=None)
    page = await for_person.text()
    assert await for_wallet.json() == {"protocols": {"didcomm": f"{made.link}/invitation"}}
    assert "Test College can keep your records on your phone" in page
    assert "data:image/svg+xml" in page
    assert "<script" not in page
    assert for_person.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert invitation["from"] == DID
    assert made.code not in page + str(invitation)


async def test_a_link_that_is_no_longer_good_says_so_in_words(served: Served) -> None:
    for_person = await served.client.get("/i/nothing", headers={"Accept": "text/html"})
    for_wallet = await served.client.get("/i/nothing", headers={"Accept": "application/json"})
    problem = await for_wallet.json(content_type=None)
    assert (for_person.status, for_person.content_type) == (404, "text/html")
    assert "This link does not work any more" in await for_person.text()
    assert (problem["status"], problem["expected"]) == (404, "a link as it was sent")
