"""Sessions by the original's paths and message types, with the classic client of classic_client.py.

Run as: classic_session.py EDGE_URL SECRET. Prints one line for each step that held and exits with a traceback at the first
that did not.
"""

import json
import sys
import urllib.error
import urllib.request

from classic_client import TIMEOUT_S, AllsparkClient, quoted

NEW_NODE_JOINED_SESSION = 100
NODE_UNJOINED_SESSION = 103
NODE_REVEAL_ANONYMITY = 104
SESSION_UNAUTHORIZED = -5


class SessionClient(AllsparkClient):
    def come(self):
        self.connect(self.pre_connection_over_http())
        return self

    def ask(self, path, **parameters):
        """GET, as the original clients did; answers the text."""
        query = quoted({"auth_key": self.auth_key, **parameters})
        with urllib.request.urlopen(f"{self.edge_url}{path}?{query}", timeout=TIMEOUT_S) as response:
            return response.read().decode()

    def refused(self, path, **parameters):
        """The status of a request that is to be refused."""
        try:
            answer = self.ask(path, **parameters)
        except urllib.error.HTTPError as error:
            return error.code
        raise AssertionError(f"{path} should have been refused, not answered {answer}")

    def receive_type(self, wanted):
        message = self.receive()
        assert message.get("type") == wanted, message
        return message


def inbox_of(client, count):
    """All that waits, oldest first, page by page."""
    inbox = client.config(fetch_inbox_messages=True)
    messages = inbox["messages"]
    while inbox["more"]:
        inbox = client.config(fetch_inbox_messages=True, fetch_inbox_messages_to_seq=inbox["from_seq"] - 1)
        messages += inbox["messages"]
    assert len(messages) == count, [len(messages), count]
    return [json.loads(text) for text in reversed(messages)]


def main(edge_url, secret):
    alice, bob, carol, dave = (SessionClient(edge_url, secret, name) for name in ("s-alice", "s-bob", "s-carol", "s-dave"))
    alice.come()
    bob.come()
    session_id = alice.ask("/create_session", anyone_can_join="True")
    assert session_id and not session_id.startswith(("{", '"')), session_id
    print("alice: created a session, its bare id is the answer")

    assert json.loads(bob.ask("/join_session", session_id=session_id)) == ["s-bob", None]
    joined = alice.receive_type(NEW_NODE_JOINED_SESSION)
    assert joined["src_id"] == "s-bob" and joined["dest_session_id"] == session_id, joined
    membership = json.loads(carol.ask("/join_session", session_id=session_id, is_anonymous="True"))
    assert membership[0] == "s-carol" and membership[1] and "carol" not in membership[1], membership
    hidden = membership[1]
    for client in (alice, bob):
        assert client.receive_type(NEW_NODE_JOINED_SESSION)["src_id"] == hidden
    print("bob and carol: joined, carol anonymously; who was there was told")

    info = json.loads(bob.ask("/get_session_info", session_id=session_id))
    assert [member["node_id"] for member in info["members"]] == ["s-alice", "s-bob", hidden], info
    assert "s-carol" not in json.dumps(info), info
    assert dave.refused("/get_session_info", session_id=session_id) == 403
    dave.come()
    dave.send(dest_session_id=session_id, id="d-1", type=1, payload="let me in")
    assert dave.receive_type(SESSION_UNAUTHORIZED)["dest_session_id"] == session_id
    print("info for members; dave, who is none, is refused by HTTP and socket")

    alice.send(dest_session_id=session_id, id="a-1", type=1, payload={"text": "hello all"}, extra="kept")
    message = bob.receive()
    assert message["src_id"] == "s-alice" and message["dest_session_id"] == session_id, message
    assert message["payload"] == {"text": "hello all"} and message["extra"] == "kept" and message["session_seq"] > 0, message
    bob.send(dest_session_id=session_id, id="b-1", type=1, payload="hello back")
    assert alice.receive()["payload"] == "hello back"
    alice.send(dest_session_id=session_id, dest_id=hidden, id="a-2", type=1, payload="only for you")
    for number in range(150):
        alice.send(dest_session_id=session_id, id=f"a-{number + 3}", type=1, payload=number)
        assert bob.receive()["payload"] == number
    print("alice and bob: spoke to the session, carol was away")

    carol.come()
    missed = inbox_of(carol, 153)
    assert [message["payload"] for message in missed] == [{"text": "hello all"}, "hello back", "only for you", *range(150)]
    seqs = [message["session_seq"] for message in missed]
    assert seqs == sorted(seqs) and len(set(seqs)) == len(seqs), seqs
    assert all(message["dest_session_id"] == session_id for message in missed)
    print("carol: fetched what she had missed, in order, the private one among it")

    carol.send(dest_session_id=session_id, id="c-1", type=1, payload="here I am")
    for client in (alice, bob):
        message = client.receive()
        assert message["src_id"] == hidden and "s-carol" not in json.dumps(message), message
    alice.send(dest_session_id=session_id, id="a-200", type=1, payload="welcome")
    assert carol.receive()["payload"] == "welcome" and bob.receive()["payload"] == "welcome"
    print("carol: live again, under her anonymous name")

    carol.ask("/reveal_anonymity", session_id=session_id)
    for client in (alice, bob):
        message = client.receive_type(NODE_REVEAL_ANONYMITY)
        assert message["src_id"] == hidden and message["payload"] == "s-carol", message
    bob.send(type=NODE_UNJOINED_SESSION, dest_session_id=session_id)
    for client in (alice, carol):
        assert client.receive_type(NODE_UNJOINED_SESSION)["src_id"] == "s-bob"
    bob.send(dest_session_id=session_id, id="b-2", type=1, payload="one more thing")
    assert bob.receive_type(SESSION_UNAUTHORIZED)["id"] == "b-2"
    json.loads(carol.ask("/unjoin_session", session_id=session_id))
    assert alice.receive_type(NODE_UNJOINED_SESSION)["src_id"] == "s-carol"
    print("carol revealed herself; bob left over the socket, carol by HTTP")

    for client in (alice, bob, carol, dave):
        client.close()
    print("all closed")


if __name__ == "__main__":
    main(*sys.argv[1:])
